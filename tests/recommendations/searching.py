"""What tests of the search share: one query, and vectors around it."""

from decimal import Decimal

from catalog.models import Product
from ml.models import ModelVersion
from recommendations.search import Wishes, nearest
from tests.recommendations.helpers import Vector, near

QUERY = near(0)


def search(
    version: ModelVersion,
    *,
    low: object = None,
    high: object = None,
    count: int = 3,
    currency: str = "USD",
    **options: bool,
) -> list[Product]:
    price_min, price_max = (None if one is None else Decimal(str(one)) for one in (low, high))
    wishes = Wishes("art", price_min, price_max, currency, count)
    return [found.product for found in nearest(version, QUERY, wishes, **options)]


def spread(count: int, first: float = 0.1) -> list[Vector]:
    """Return vectors ever further from the query, each on an axis of its own."""
    return [near(first + 0.5 * place / count, axis=1 + place) for place in range(count)]

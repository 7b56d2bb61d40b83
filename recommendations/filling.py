"""How full searches come back under ever tighter prices."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from django.conf import settings

from ml.models import Embedding, ModelVersion, Offer
from recommendations.search import Wishes, find

# Shares of the prices that a limit keeps.
SHARES = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01)
COUNT, QUERIES = 10, 20


@dataclass(frozen=True, slots=True)
class Filled:
    """What searches for COUNT pieces found under a price that keeps a ``share`` of the offers.

    ``exist`` counts the products under the price, ``found`` is the mean of what came, ``filled``
    that mean's share of what was asked for or, where fewer exist, of those.
    """

    share: float
    price_max: Decimal
    exist: int
    found: float
    filled: float


def measure_filled(version: ModelVersion) -> list[Filled]:
    """Search for pieces of the catalogue itself under each price; none without priced offers.

    Pictures of one piece fold into one, so fewer than exist may be right.
    """
    offers = Offer.objects.filter(
        version=version, currency=settings.DEFAULT_CURRENCY, price__isnull=False
    )
    given = offers.order_by("price").values_list("price", flat=True)
    prices = [price for price in given if price is not None]
    if not prices:
        return []
    ids = list(Embedding.objects.of_version(version).order_by("pk").values_list("pk", flat=True))
    chosen = ids[:: max(1, len(ids) // QUERIES)][:QUERIES]
    vectors = [
        np.asarray(vector, np.float32)
        for vector in Embedding.objects.filter(pk__in=chosen).values_list("vector", flat=True)
    ]
    measured = []
    for share in SHARES:
        price_max = prices[max(1, round(share * len(prices))) - 1]
        exist = offers.filter(price__lte=price_max).values("product").distinct().count()
        wishes = Wishes(version.department, None, price_max, settings.DEFAULT_CURRENCY, count=COUNT)
        found = sum(len(find(version, vector, wishes)) for vector in vectors) / len(vectors)
        measured.append(Filled(share, price_max, exist, found, found / min(COUNT, exist)))
    return measured

"""What a row, of a file or of a shop, changes of a product."""

from typing import Any

from catalog.models import PriceChange, Product
from catalog.reading import ProductRow

# Fields an import may fill or change; a value that the file lacks never erases a known one.
PRODUCT_FIELDS = (
    "title",
    "url",
    "brand",
    "category",
    "description",
    "price",
    "price_max",
    "regular_price",
    "currency",
    "availability",
    "width_cm",
    "height_cm",
)
PRICE_FIELDS = ("price", "price_max", "regular_price", "currency")


def known_values(row: ProductRow) -> dict[str, Any]:
    """Return the product's fields that the row knows; a price comes with all that belongs to it."""
    values = {name: getattr(row, name) for name in PRODUCT_FIELDS}
    known = {name: value for name, value in values.items() if value not in (None, "", "unknown")}
    if row.price is None:
        for name in PRICE_FIELDS:
            known.pop(name, None)
    else:
        known |= {name: values[name] for name in PRICE_FIELDS}
    return known


def price_change(product: Product, values: dict[str, Any]) -> PriceChange | None:
    """Return the change, not yet stored, that these values mean for the product's price."""
    price, currency = values.get("price"), values.get("currency", product.currency)
    if price is None or (price, currency) == (product.price, product.currency):
        return None
    return PriceChange(
        product=product,
        price_before=product.price,
        currency_before=product.currency,
        price=price,
        currency=currency,
    )

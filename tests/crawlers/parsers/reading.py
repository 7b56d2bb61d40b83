"""A short way to write down what a person reads of many products: "449–649<549" and the like."""

from crawlers.items import Page, ProductItem


def price_of(item: ProductItem) -> str:
    """Return a product's price as PRICE[–HIGHEST][<REGULAR][x]; x: cannot be had, "-": no price.

    Cents are left out where there are none.
    """
    price = str(item.price).removesuffix(".00") if item.price else "-"
    highest = f"–{str(item.price_max).removesuffix('.00')}" if item.price_max else ""
    regular = f"<{str(item.regular_price).removesuffix('.00')}" if item.regular_price else ""
    return f"{price}{highest}{regular}{'x' if item.availability == 'out' else ''}"


def prices_of(page: Page) -> list[str]:
    """Return the prices of a page's products in order."""
    return [price_of(item) for item in page.items]

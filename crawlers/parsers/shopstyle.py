"""Read ShopStyle: browse pages with JSON in script#app-state, and answers of its API v2."""

from typing import Any

from catalog.reading.rows import Availability
from catalog.reading.text import clip
from crawlers.items import Page, ParseError
from crawlers.parsers.markup import page_tree
from crawlers.parsers.prices import Offer, currency_of, make_offer, read_price
from crawlers.parsers.products import add_product, each_object
from crawlers.parsers.values import (
    address,
    at,
    decode_json,
    images_of,
    listed,
    read_json,
    text_of,
    whole_number,
    with_query,
)

_DUE = "a ShopStyle list of products"
_SIZES = ("Best", "Original", "XLarge", "Large", "IPhone", "Medium", "IPhoneSmall", "Small")


def read_browse_page(body: bytes, url: str) -> Page:
    """Return the products of a page /browse/…; raise ParseError where it holds no list of them."""
    for script in page_tree(body, url).iter("script"):
        if script.get("id") == "app-state":
            try:
                data = decode_json(unescaped(script.text or ""))
            except ValueError:
                raise ParseError(f"{clip(url)} holds its products in broken JSON.") from None
            return _page(_search(data), url)
    raise ParseError(f"{clip(url)} has no script#app-state: it is no page of products.")


def read_products(body: bytes, url: str) -> Page:
    """Return the products of an answer of /api/v2/products; next_url while there are more.

    Raise ParseError where the answer holds no products.
    """
    return _page(read_json(body, url, _DUE), url)


def unescaped(text: str) -> str:
    """Return what Angular escaped for a script; &a; comes last, "&a;q;" is the text "&q;"."""
    for escape, sign in (("&q;", '"'), ("&s;", "'"), ("&l;", "<"), ("&g;", ">"), ("&a;", "&")):
        text = text.replace(escape, sign)
    return text


def _search(data: Any) -> Any:
    """Return siteSearch of the page's state, which may lie under a key of its own."""
    if isinstance(data, dict) and "siteSearch" not in data:
        inner = [value for value in data.values() if at(value, "siteSearch") is not None]
        data = inner[0] if inner else data
    return at(data, "siteSearch")


def _page(data: Any, url: str) -> Page:
    products = at(data, "products")
    if not isinstance(products, list):
        raise ParseError(f"{clip(url)} is not {_DUE}.")
    page = Page(total=whole_number(at(data, "metadata", "total")))
    for product in each_object(page, products, url):
        _add(page, product, url)
    reached = (whole_number(at(data, "metadata", "offset")) or 0) + len(products)
    if products and page.total is not None and reached < page.total:
        page.next_url = with_query(url, offset=reached)
    return page


def _add(page: Page, product: dict[str, Any], url: str) -> None:
    images = [product.get("image"), *listed(product.get("alternateImages"))]
    place = address(product.get("pageUrl"), url) or address(product.get("clickUrl"), url)
    names = (text_of(at(category, "name")) for category in listed(product.get("categories")))
    add_product(
        page,
        product.get("id"),
        text_of(product.get("unbrandedName")) or product.get("name"),
        place,
        offer=_offer(product),
        price_source="shopstyle",
        purchase_url=address(product.get("clickUrl"), url),
        description=product.get("description"),
        brand=at(product, "brand", "name"),
        category=", ".join(filter(None, names)),
        images=images_of(((_largest(image), "") for image in images), url),
    )


def _offer(product: dict[str, Any]) -> Offer:
    currency = currency_of(product.get("currency"))
    price, code = read_price(product.get("price"), currency)
    sale, _ = read_price(product.get("salePrice"), currency)
    regular = None
    if sale is not None and price is not None and sale < price:
        price, regular = sale, price
    in_stock = product.get("inStock")
    stock: Availability = "unknown"
    if isinstance(in_stock, bool):
        stock = "in" if in_stock else "out"
    return make_offer(price, code, regular=regular, availability=stock)


def _largest(image: Any) -> Any:
    sizes = at(image, "sizes")
    return next((at(sizes, name, "url") for name in _SIZES if at(sizes, name, "url")), None)

"""Read the Metropolitan Museum's API: /public/collection/v1/…, public domain only."""

from typing import Any
from urllib.parse import quote

from catalog.reading.text import clip
from crawlers.items import Page, ParseError, Skipped
from crawlers.parsers.prices import Offer
from crawlers.parsers.products import add_product
from crawlers.parsers.sizes import NO_SIDES, measured, museum_sides, piece_itself
from crawlers.parsers.values import (
    address,
    at,
    identity,
    images_of,
    listed,
    read_json,
    text_of,
    whole_number,
)

_DUE = "objects of the Metropolitan Museum"
_SITE = "https://www.metmuseum.org/art/collection/search"


def read_object_ids(body: bytes, url: str) -> Page:
    """Return links to the objects of a list or search, beside its address; total is their count.

    Raise ParseError where the answer is no list of objects.
    """
    data = read_json(body, url, f"a list of {_DUE}")
    if not isinstance(data, dict) or "objectIDs" not in data:
        raise ParseError(f"{clip(url)} is not a list of {_DUE}.")
    numbers = (whole_number(number) for number in listed(data["objectIDs"]))
    links = (address(f"objects/{number}", url) for number in numbers if number is not None)
    return Page(total=whole_number(data.get("total")), links=list(dict.fromkeys(links)))


def read_object(body: bytes, url: str) -> Page:
    """Return the one object of an answer; without a price.

    Skipped where it is not in the public domain or has no picture. Raise ParseError where the
    answer is no object.
    """
    data = read_json(body, url, _DUE)
    if not isinstance(data, dict) or "objectID" not in data:
        said = text_of(at(data, "message"), 200)
        raise ParseError(f"{clip(url)} is not an object{f': {clip(said)}' if said else ''}.")
    page = Page(total=None)
    key = identity(data["objectID"])
    if data.get("isPublicDomain") is not True:
        page.skipped.append(Skipped(key, "not in the public domain"))
        return page
    pictures = [data.get("primaryImage"), *listed(data.get("additionalImages"))]
    images = images_of(((picture, "") for picture in pictures), url)
    if not address(data.get("primaryImage"), url):
        page.skipped.append(Skipped(key, "no picture"))
        return page
    width, height = piece_itself(measured(data.get("measurements")))
    if (width, height) == NO_SIDES:
        width, height = museum_sides(text_of(data.get("dimensions"), 2000))
    add_product(
        page,
        key,
        text_of(data.get("title")) or data.get("objectName"),
        address(data.get("objectURL"), url) or address(f"{_SITE}/{quote(key)}", url),
        offer=Offer(),
        price_source="",
        description=_words(data, ", ", "medium", "objectDate", "period"),
        brand=_words(data, "", "artistDisplayName") or data.get("culture"),
        category=_words(data, " > ", "department", "classification"),
        images=images,
        width_cm=width,
        height_cm=height,
    )
    return page


def _words(data: dict[str, Any], between: str, *names: str) -> str:
    return between.join(filter(None, (text_of(data.get(name)) for name in names)))

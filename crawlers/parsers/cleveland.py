"""Read the Cleveland Museum of Art's API: /api/artworks/, CC0 only."""

import re
from decimal import Decimal
from typing import Any

from catalog.reading.rows import DESCRIPTION_LENGTH
from catalog.reading.text import clip
from crawlers.items import Page, ParseError, Skipped
from crawlers.parsers.prices import Offer
from crawlers.parsers.products import add_product, each_object
from crawlers.parsers.sizes import NO_SIDES, Sides, museum_sides, piece_itself
from crawlers.parsers.values import (
    address,
    at,
    identity,
    images_of,
    listed,
    query_number,
    read_json,
    text_of,
    whole_number,
    with_query,
)

_DUE = "artworks of the Cleveland Museum of Art"


def read_artworks(body: bytes, url: str) -> Page:
    """Return the artworks of a list or of a single answer; without prices.

    Skipped are those that are not CC0 and those without a picture for the web. next_url skips the
    artworks so far, "" once the museum's total is reached. Raise ParseError where the answer holds
    no artworks.
    """
    data = read_json(body, url, _DUE)
    alone = at(data, "share_license_status") is not None
    artworks = data if alone else at(data, "data")
    if not isinstance(artworks, list | dict):
        raise ParseError(f"{clip(url)} is not {_DUE}.")
    page = Page(total=whole_number(at(data, "info", "total")))
    for artwork in each_object(page, listed(artworks), url):
        _add(page, artwork, url)
    if isinstance(artworks, list) and artworks and page.total is not None:
        reached = query_number(url, "skip", 0) + len(artworks)
        page.next_url = with_query(url, skip=reached) if reached < page.total else ""
    return page


def _add(page: Page, artwork: Any, url: str) -> None:
    key = identity(at(artwork, "id"))
    if text_of(at(artwork, "share_license_status")) != "CC0":
        page.skipped.append(Skipped(key, "not in the public domain"))
        return
    images = images_of([(at(artwork, "images", "web", "url"), "")], url)
    if not images:
        page.skipped.append(Skipped(key, "no picture"))
        return
    width, height = _sides(at(artwork, "dimensions"))
    if (width, height) == NO_SIDES:
        width, height = museum_sides(text_of(at(artwork, "measurements"), 2000))
    levels = (text_of(at(artwork, name)) for name in ("department", "type"))
    add_product(
        page,
        key,
        at(artwork, "title"),
        address(at(artwork, "url"), url),
        offer=Offer(),
        price_source="",
        description=_description(artwork),
        brand=_creator(artwork),
        category=" > ".join(filter(None, levels)),
        images=images,
        width_cm=width,
        height_cm=height,
    )


def _sides(dimensions: Any) -> Sides:
    """Return (width, height) of the piece itself; the museum gives metres."""
    described: list[tuple[str, Sides]] = []
    for words, sides in dimensions.items() if isinstance(dimensions, dict) else ():
        width, height = at(sides, "width"), at(sides, "height")
        metres = [
            side * 100 if isinstance(side, Decimal) and -9 < side.adjusted() < 9 else None
            for side in (width, height)
        ]
        if metres != [None, None]:
            described.append((text_of(words, 60).lower(), (metres[0], metres[1])))
    return piece_itself(described)


def _creator(artwork: Any) -> str:
    """Return the first maker's name, without "(American, 1801-1848)" after it."""
    creator = next(iter(listed(at(artwork, "creators"))), None)
    return re.sub(r"\s*\(.*", "", text_of(at(creator, "description")))


def _description(artwork: Any) -> str:
    words = (text_of(at(artwork, name)) for name in ("technique", "creation_date"))
    told = text_of(
        at(artwork, "description") or at(artwork, "wall_description"), DESCRIPTION_LENGTH
    )
    return ". ".join(filter(None, [", ".join(filter(None, words)), told]))

"""Read the Art Institute of Chicago's API: /api/v1/artworks, public domain only."""

import re
from typing import Any
from urllib.parse import quote

from catalog.reading.text import clip
from crawlers.items import Page, ParseError, Skipped
from crawlers.parsers.prices import Offer
from crawlers.parsers.products import add_product, each_object
from crawlers.parsers.sizes import museum_sides
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

_DUE = "artworks of the Art Institute of Chicago"
_SITE = "https://www.artic.edu"
_IMAGE_ID = re.compile(r"[\w-]{1,100}")
MOST_TEXT = 50_000


def read_artworks(body: bytes, url: str) -> Page:
    """Return the artworks of a list, a search or a single answer; without prices.

    Skipped are those not in the public domain and those without a picture. Pictures are 843 pixels
    wide, the width the museum's servers hold ready. Raise ParseError where the answer holds no
    artworks.
    """
    data = read_json(body, url, _DUE)
    artworks = [data] if at(data, "api_model") == "artworks" else at(data, "data")
    if not isinstance(artworks, list | dict):
        raise ParseError(f"{clip(url)} is not {_DUE}.")
    page = Page(
        total=whole_number(at(data, "pagination", "total")),
        next_url=address(at(data, "pagination", "next_url"), url),
    )
    pictures = address(at(data, "config", "iiif_url"), url) or f"{_SITE}/iiif/2"
    for artwork in each_object(page, listed(artworks), url):
        _add(page, artwork, pictures)
    return page


def _add(page: Page, artwork: Any, pictures: str) -> None:
    key = identity(at(artwork, "id"))
    image = text_of(at(artwork, "image_id"))
    if at(artwork, "is_public_domain") is not True:
        page.skipped.append(Skipped(key, "not in the public domain"))
        return
    if not _IMAGE_ID.fullmatch(image):
        page.skipped.append(Skipped(key, "no picture"))
        return
    width, height = museum_sides(text_of(at(artwork, "dimensions"), 2000))
    levels = (text_of(at(artwork, name)) for name in ("department_title", "artwork_type_title"))
    add_product(
        page,
        key,
        at(artwork, "title"),
        address(f"{_SITE}/artworks/{quote(key, safe='')}", _SITE) if key else "",
        offer=Offer(),
        price_source="",
        description=_description(artwork),
        brand=at(artwork, "artist_title"),
        category=" > ".join(filter(None, levels)),
        images=images_of(
            [
                (
                    f"{pictures.rstrip('/')}/{image}/full/843,/0/default.jpg",
                    at(artwork, "thumbnail", "alt_text"),
                )
            ],
            pictures,
        ),
        width_cm=width,
        height_cm=height,
    )


def _description(artwork: Any) -> str:
    words = (text_of(at(artwork, name)) for name in ("medium_display", "date_display"))
    told = text_of(at(artwork, "description"), MOST_TEXT)
    return ". ".join(filter(None, [", ".join(filter(None, words)), told]))

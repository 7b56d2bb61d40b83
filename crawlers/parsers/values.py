"""Take values out of what shops sent: anything may be missing, of another type, or hostile."""

import hashlib
import json
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit, urlunsplit

from w3lib.url import safe_url_string

from catalog.reading.rows import (
    EXTERNAL_ID_LENGTH,
    TITLE_LENGTH,
    URL_LENGTH,
    BadValueError,
)
from catalog.reading.text import clean_text, clip, web_address
from crawlers.items import ItemImage, ParseError

MOST_IMAGES = 250
_LARGEST_JSON = 16 * 1024 * 1024
# Each is an object in memory of many times its size in the answer.
_MOST_PARTS = 500_000
_WEB_PAGE = re.compile(r"\s*(<!doctype html|<html|<head|<body|<!--)", re.IGNORECASE)
# An address that needs nothing done to it, as most pictures' do.
_PLAIN_ADDRESS = re.compile(
    r"https?://[a-z0-9][a-z0-9.-]*(?::\d{1,4})?"
    r"(?:/(?:[\w!$&'()*+,;=:@./~-]|%[0-9a-fA-F]{2})*(?:\?(?:[\w!$&'()*+,;=:@./~?-]|%[0-9a-fA-F]{2})*)?)?",
    re.ASCII,
)
_NO_MATTER = re.compile(
    r"utm_.*|mc_.*|pr_.*|attribute_.*|_pos|_sid|_ss|_psq|ref|gclid|fbclid|msclkid|srsltid|variant"
)
_CONTROLS = re.compile(r"[\x00-\x20\x7f-\x9f]+")


def read_json(body: bytes, url: str, due: str) -> Any:
    """Return the JSON value of an answer, its numbers as Decimal.

    due: what the answer should be, for the error: "a list of products". Raise ParseError where it
    is no JSON, broken off, nested too deep, of more than 16 MiB, or of more than 500,000 objects
    and lists.
    """
    if len(body) > _LARGEST_JSON:
        raise ParseError(f"{clip(url)} is larger than {_LARGEST_JSON >> 20} MiB, more than {due}.")
    text = body.decode(json.detect_encoding(body), errors="replace").removeprefix("\ufeff")
    if text.count("{") + text.count("[") > _MOST_PARTS:
        raise ParseError(f"{clip(url)} has more than {_MOST_PARTS:,} parts, too many for {due}.")
    if not text.strip():
        raise ParseError(f"{clip(url)} is empty, and should be {due}.")
    try:
        return decode_json(text)
    except ValueError as error:
        if _WEB_PAGE.match(text):
            raise ParseError(f"{clip(url)} is a web page, and should be {due}.") from None
        if isinstance(error, json.JSONDecodeError) and _is_broken_off(error, text):
            raise ParseError(f"{clip(url)} breaks off in the middle of {due}.") from None
        raise ParseError(f"{clip(url)} is not JSON, and should be {due}.") from None


def decode_json(text: str) -> Any:
    """Return what JSON text says, numbers as Decimal; control characters in its texts are let be.

    Raise ValueError for anything else, also for nesting too deep to read.
    """
    try:
        return json.loads(
            text, strict=False, parse_float=Decimal, parse_int=Decimal, parse_constant=str
        )
    except RecursionError:
        raise ValueError("nested too deep") from None
    except InvalidOperation:
        raise ValueError("a number out of range") from None


def _is_broken_off(error: json.JSONDecodeError, text: str) -> bool:
    return error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated")


def at(value: Any, *keys: str) -> Any:
    """Return what lies under the keys in objects within objects, None where one is missing."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def listed(value: Any) -> list[Any]:
    """Return a list as it is, one value as a list of it, None as an empty one."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def text_of(value: Any, limit: int = TITLE_LENGTH) -> str:
    """Return a value as plain text of at most limit characters, "" for what is no text."""
    if isinstance(value, str):
        # A tag needs a few times the space of its text; more is cut before it is read.
        return clean_text(value[: 20 * limit + 1000])[:limit].rstrip()
    if isinstance(value, Decimal) and value.is_finite() and -30 < value.adjusted() < 30:
        return format(value, "f")
    return ""


def whole_number(value: Any) -> int | None:
    """Return a count from 0 as a number or its digits say it, None for anything else."""
    text = text_of(value, 20)
    return int(text) if text.isascii() and text.isdigit() else None


def identity(*candidates: Any) -> str:
    """Return the first of the candidates that names something, "" where none does.

    One that is too long to keep is told by its SHA-256 instead.
    """
    for candidate in candidates:
        text = text_of(candidate, 10 * URL_LENGTH)
        if text.strip("-0 ").lower() not in ("", "null", "none", "n/a", "na", "undefined"):
            return text if len(text) <= EXTERNAL_ID_LENGTH else _digest(text)
    return ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def address(value: Any, base: str) -> str:
    """Return an address as an absolute http(s) one in ASCII, "" for anything else.

    base: of the page that names it; "//host/path" and relative ones are joined to it.
    """
    if not isinstance(value, str) or not value.strip() or len(value) > 2 * URL_LENGTH:
        return ""
    if _PLAIN_ADDRESS.fullmatch(value) and "&amp;" not in value and len(value) <= URL_LENGTH:
        return value
    named = _CONTROLS.sub(lambda found: " " if " " in found.group() else "", value).strip()
    named = named.replace("&amp;", "&").replace("&#038;", "&")
    try:
        joined = urljoin(base, named)
        found = web_address(safe_url_string(joined).partition("#")[0])
    except (BadValueError, ValueError):
        return ""
    # A host that is no name in any language stays as it was written.
    return found if found.isascii() else ""


def with_query(url: str, **values: int) -> str:
    """Return url with these values in its query, the others kept."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    query |= {name: str(value) for name, value in values.items()}
    return urlunsplit(parts._replace(query=urlencode(query), fragment=""))


def query_number(url: str, name: str, default: int) -> int:
    """Return a number of url's query, default where it holds none."""
    number = whole_number(dict(parse_qsl(urlsplit(url).query)).get(name))
    return default if number is None else number


def own_address(url: str) -> str:
    """Return what tells a page within its shop: path and query, but for what does not matter.

    That is where a visit came from, and which variant of a product is shown.
    """
    parts = urlsplit(url)
    query = sorted(
        f"{name}={value}"
        for name, value in parse_qsl(parts.query)
        if not _NO_MATTER.fullmatch(name.lower())
    )
    path = unquote(parts.path).rstrip("/") or "/"
    return f"{path}?{'&'.join(query)}" if query else path


def images_of(named: Iterable[tuple[Any, Any]], base: str) -> tuple[ItemImage, ...]:
    """Return the pictures of (address, alt) pairs in their order, none twice, 250 at most."""
    alts: dict[str, str] = {}
    for reference, alt in named:
        if len(alts) < MOST_IMAGES and (found := address(reference, base)):
            alts.setdefault(found, text_of(alt))
    return tuple(ItemImage(url, position, alt) for position, (url, alt) in enumerate(alts.items()))

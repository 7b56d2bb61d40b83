"""Make the words, addresses and picture references of a catalogue file safe to keep."""

import html
import re
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import urlsplit

from catalog.reading.rows import URL_LENGTH, BadValueError, ImageKind, ImageRef

# Letters after "<" make it a tag; "5 < 6" and "<3" are text.
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*+)[^<>]*>|<[!?][^<>]*>")
_HIDDEN = tuple(
    (re.compile(opening, re.IGNORECASE), re.compile(closing, re.IGNORECASE))
    for opening, closing in (
        (r"<!--", r"-->"),
        (r"<script\b", r"</script\s*>"),
        (r"<style\b", r"</style\s*>"),
    )
)
_INLINE_TAGS = """
a abbr b bdi bdo big cite code data em font i kbd mark q s samp small span strike strong sub sup
tt u var wbr
"""
_INLINE = frozenset(_INLINE_TAGS.split())
# Control characters, lone surrogates, zero-width spaces and the marks that reverse reading order;
# joiners stay, Persian and Hindi are misspelt without them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff]"
)
_BREAKS_ADDRESS = re.compile(r"[\x00-\x20\x7f-\x9f\\<>\"\ud800-\udfff]")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]+:")


def clean_text(text: str) -> str:
    """Return text as a person reads it: no tags, entities, control characters or double spaces.

    Entities are undone twice at most, since exports escape what was escaped already.
    """
    if "&" in text:
        text = html.unescape(text)
        if "&" in text:
            text = html.unescape(text)
    if "<" in text:
        for opening, closing in _HIDDEN:
            text = _cut(text, opening, closing)
        text = _TAG.sub(_tag_space, text)
    return " ".join(_UNWANTED.sub("", text).split())


def clip(text: str, length: int = 60) -> str:
    """Return text in quotes for an error message, shortened to length characters."""
    shown = " ".join(_UNWANTED.sub("", text[: 4 * length]).split())
    return f"“{shown[:length]}…”" if len(shown) > length else f"“{shown}”"


def short_text(name: str, text: str, limit: int) -> str:
    """Return clean_text(text); raise BadValueError when it is longer than limit characters."""
    if len(text) > 20 * limit + 1000:
        raise BadValueError(f"{name} has {len(text):,} characters, {limit:,} at most are kept")
    cleaned = clean_text(text)
    if len(cleaned) > limit:
        raise BadValueError(f"{name} has {len(cleaned):,} characters, {limit:,} at most are kept")
    return cleaned


def web_address(text: str, name: str = "url") -> str:
    """Return a trimmed http(s) address, its scheme in lower case, or "" for none.

    Raises BadValueError for anything else.
    """
    address = text.strip()
    if not address:
        return ""
    if len(address) > URL_LENGTH:
        raise BadValueError(
            f"{name} has {len(address):,} characters, {URL_LENGTH:,} at most are kept"
        )
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        # Reading the port checks it: "http://shop:x/" raises.
        usable = usable and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or _BREAKS_ADDRESS.search(address):
        raise BadValueError(f"{name} {clip(address)} is not an http or https address")
    return parts.scheme + address[len(parts.scheme) :]


def image_reference(text: str, position: int, alt: str = "") -> ImageRef | None:
    """Return the picture that text names, None for an empty text.

    The reference is kept as it is in the file. Raise BadValueError for a scheme other than http(s),
    for control characters and for absurd lengths.
    """
    if not text.strip():
        return None
    if len(text) > URL_LENGTH:
        raise BadValueError(f"image has {len(text):,} characters, {URL_LENGTH:,} at most are kept")
    if _UNWANTED.search(text):
        raise BadValueError(f"image {clip(text)} holds control characters")
    return ImageRef(text, _image_kind(text.strip()), position, alt)


def _image_kind(reference: str) -> ImageKind:
    if reference.lower().startswith(("http://", "https://")):
        web_address(reference, "image")
        return "url"
    windows = PureWindowsPath(reference)
    # "C:\..." is a drive, not a scheme: a scheme has two letters or more.
    if windows.drive or windows.root or PurePosixPath(reference).is_absolute():
        return "foreign"
    if _SCHEME.match(reference):
        raise BadValueError(f"image {clip(reference)} is neither a file nor an http(s) address")
    if ".." in windows.parts or reference.startswith("~"):
        return "foreign"
    return "path"


def _cut(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> str:
    """Drop each stretch from opening to closing; one left open stays, so the time is linear."""
    kept: list[str] = []
    position = 0
    while (start := opening.search(text, position)) is not None:
        end = closing.search(text, start.end())
        if end is None:
            break
        kept += (text[position : start.start()], " ")
        position = end.end()
    return "".join(kept) + text[position:]


def _tag_space(tag: re.Match[str]) -> str:
    name = tag.group(1)
    return "" if name is not None and name.lower() in _INLINE else " "

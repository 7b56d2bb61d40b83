"""Read the sizes of pieces, in cm, as shops and museums write them."""

import re
from decimal import Decimal
from typing import Any

from crawlers.parsers.values import at, listed, text_of

_CENTIMETRES = {
    "cm": Decimal(1),
    "cmt": Decimal(1),
    "centimeter": Decimal(1),
    "centimeters": Decimal(1),
    "mm": Decimal("0.1"),
    "mmt": Decimal("0.1"),
    "m": Decimal(100),
    "mtr": Decimal(100),
    "in": Decimal("2.54"),
    "inh": Decimal("2.54"),
    "inch": Decimal("2.54"),
    "inches": Decimal("2.54"),
    '"': Decimal("2.54"),
    "ft": Decimal("30.48"),
    "fot": Decimal("30.48"),
}
_LENGTH = re.compile(r"(\d{1,6}(?:[.,]\d{1,4})?)\s*([a-z]+|\")\.?", re.IGNORECASE)
# Museums write height × width: "47.2 × 34.5 cm", "(73 x 92.1 cm)".
_SIDES = re.compile(
    r"(\d{1,5}(?:\.\d{1,3})?)\s*[×x]\s*(\d{1,5}(?:\.\d{1,3})?)"
    r"(?:\s*[×x]\s*\d{1,5}(?:\.\d{1,3})?)?\s*cm"
)
_HEIGHT = re.compile(r"\bH\.?\s[^;()]{0,40}\((\d{1,5}(?:\.\d{1,3})?) cm\)")
_WIDTH = re.compile(r"\bW\.?\s[^;()]{0,40}\((\d{1,5}(?:\.\d{1,3})?) cm\)")
_OF_THE_PIECE = ("", "overall", "unframed", "sheet", "canvas", "panel", "support")
_AROUND_IT = ("frame", "mat", "mount", "base", "case", "box")

Sides = tuple[Decimal | None, Decimal | None]
NO_SIDES: Sides = (None, None)


def length_cm(value: Any) -> Decimal | None:
    """Return the cm of a schema.org QuantitativeValue or of text such as "30 cm" or 12"."""
    if isinstance(value, dict):
        number, unit = text_of(value.get("value"), 20), text_of(value.get("unitCode"), 20)
        text = f"{number} {unit or text_of(value.get('unitText'), 20)}"
    else:
        text = text_of(value, 30)
    found = _LENGTH.fullmatch(text.strip())
    factor = _CENTIMETRES.get(found.group(2).lower()) if found else None
    if found is None or factor is None:
        return None
    return Decimal(found.group(1).replace(",", ".")) * factor


def museum_sides(text: str) -> Sides:
    """Return (width, height) in cm of a museum's words, which put the height first.

    Of "Image: …; Sheet: …; Framed: …" the piece itself is meant: what is said of all of it or of
    its sheet, else the first that is no frame or mount.
    """
    described: list[tuple[str, Sides]] = []
    for part in text.split(";"):
        if both := _SIDES.search(part):
            words = part.partition(":")[0].strip().lower() if ":" in part else ""
            described.append((words, (Decimal(both.group(2)), Decimal(both.group(1)))))
    if described:
        return piece_itself(described)
    height, width = _HEIGHT.search(text), _WIDTH.search(text)
    return (
        Decimal(width.group(1)) if width else None,
        Decimal(height.group(1)) if height else None,
    )


def piece_itself(described: list[tuple[str, Sides]]) -> Sides:
    """Return the sides of the piece itself among sides with the words that say of what they are."""
    for wanted in _OF_THE_PIECE:
        for words, sides in described:
            if words == wanted:
                return sides
    bare = [
        sides
        for words, sides in described
        if "unframed" in words or not any(part in words for part in _AROUND_IT)
    ]
    return bare[0] if bare else NO_SIDES


def measured(measurements: Any) -> list[tuple[str, Sides]]:
    """Return the sides of the Met's list of measurements, which are in cm."""
    described: list[tuple[str, Sides]] = []
    for element in listed(measurements):
        values = at(element, "elementMeasurements")
        width, height = at(values, "Width"), at(values, "Height")
        sides = (
            width if isinstance(width, Decimal) else None,
            height if isinstance(height, Decimal) else None,
        )
        if sides != NO_SIDES:
            described.append((text_of(at(element, "elementName"), 60).lower(), sides))
    return described

"""A product of the demo catalogue."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class DemoProduct:
    """One row of the demo's products file; sizes in centimetres, None for jewelry."""

    external_id: str
    title: str
    url: str
    image: str
    price: Decimal
    currency: str
    department: str
    label: str
    brand: str
    width_cm: int | None
    height_cm: int | None
    availability: str


def slug(title: str) -> str:
    """Return a title as plain lower-case words joined by hyphens."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")

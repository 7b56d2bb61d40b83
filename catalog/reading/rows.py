"""What the catalogue readers hand out, and the lengths they accept."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

ImageKind = Literal["path", "url", "foreign"]
Availability = Literal["in", "out", "preorder", "unknown"]

EXTERNAL_ID_LENGTH = 200
TITLE_LENGTH = 500
URL_LENGTH = 2000
NAME_LENGTH = 200
DESCRIPTION_LENGTH = 50_000
HIGHEST_PRICE = Decimal("9999999999.99")
LONGEST_SIDE_CM = Decimal("10000")


class FileError(ValueError):
    """Say why a whole file cannot be read: what was found, and which formats are read."""


class BadValueError(ValueError):
    """Say why one row cannot be used; the readers turn it into a RowError."""


@dataclass(frozen=True, slots=True)
class ImageRef:
    """Name one picture of a product.

    reference: exactly as in the file. kind: "path" is relative to the file's folder and stays
    inside it, "url" is http(s), "foreign" is a place this machine is not to look at (an absolute
    path, or one that leaves the folder). position: from 0, in the product's order.
    """

    reference: str
    kind: ImageKind
    position: int
    alt: str = ""


@dataclass(frozen=True, slots=True)
class ProductRow:
    """Hold one product as its file gives it.

    row: the number a person sees: the row of a spreadsheet (header = 1; a cell of several lines is
    one row), the line of JSON lines, the ordinal of a product in the jeweller's JSON. Prices are
    positive, to 0.01; price_max and regular_price are above price, else None. currency: ISO 4217.
    url: "" or http(s). department and label: None where the file names none. Sizes: cm, to 0.01.
    """

    row: int
    external_id: str
    title: str
    url: str
    brand: str
    description: str
    category: str
    department: str | None
    label: str | None
    price: Decimal | None
    price_max: Decimal | None
    regular_price: Decimal | None
    currency: str
    availability: Availability
    width_cm: Decimal | None
    height_cm: Decimal | None
    images: tuple[ImageRef, ...]


@dataclass(frozen=True, slots=True)
class LabelRow:
    """Hold one person's label of one picture; label "" means they could not decide.

    What a file does not say of the picture's bytes, the person, the time and the product, its id
    in its source, is "" and None.
    """

    row: int
    image: str
    label: str
    sha256: str = ""
    labeller: str = ""
    created_at: datetime | None = None
    source: str = ""
    product: str = ""


@dataclass(frozen=True, slots=True)
class RowError:
    """Say which row was left out and why; the rows after it are still read."""

    row: int
    reason: str

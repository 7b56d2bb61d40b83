"""Read catalogue files: paths in, rows out. Pure: no Django, no network, no opening of pictures."""

from catalog.reading.formats import count_rows, read_products
from catalog.reading.labels import read_companions, read_labels
from catalog.reading.prices import parse_price
from catalog.reading.rows import Availability, FileError, ImageRef, LabelRow, ProductRow, RowError

__all__ = [
    "Availability",
    "FileError",
    "ImageRef",
    "LabelRow",
    "ProductRow",
    "RowError",
    "count_rows",
    "parse_price",
    "read_companions",
    "read_labels",
    "read_products",
]

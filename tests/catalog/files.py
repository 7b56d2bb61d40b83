"""Catalogue files as the tests of reading write and read them."""

from collections.abc import Sequence
from pathlib import Path

from catalog.reading import ProductRow, RowError, count_rows, read_products

SHOPIFY_HEADER = (
    "Handle,Title,Body (HTML),Vendor,Type,Published,Option1 Value,Variant Inventory Tracker,"
    "Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,"
    "Image Src,Image Position,Image Alt Text"
)


def written(folder: Path, content: str | bytes, name: str = "catalogue.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path: Path, currency: str = "USD") -> list[ProductRow | RowError]:
    rows = list(read_products(path, currency=currency))
    assert count_rows(path) is not None
    return rows


def products(rows: Sequence[ProductRow | RowError]) -> list[ProductRow]:
    assert not [row for row in rows if isinstance(row, RowError)]
    return [row for row in rows if isinstance(row, ProductRow)]

"""Write the demo catalogue: pictures and a products file for the importer."""

import csv
import io
import os
from collections.abc import Callable
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import Final

from PIL import Image

from catalog.demo.art.prints import draw_print, plan_prints
from catalog.demo.jewelry.pieces import draw_piece, plan_pieces
from catalog.demo.product import DemoProduct
from catalog.demo.texture import Pixels

COLUMNS: Final = tuple(field.name for field in fields(DemoProduct))

# Raise this when a drawing changes, so that folders drawn before are drawn anew.
_DRAWING: Final = "1\n"
_DRAWING_FILE: Final = "drawing.txt"
_QUALITY: Final = 90
_ASIDE: Final = ".writing-"


def draw_catalogue(
    folder: Path, department: str, *, progress: Callable[[int, int], None] | None = None
) -> list[DemoProduct]:
    """Draw a department's demo products into a folder; return them in the file's order.

    Writes images/<external_id>.jpg, then products.csv as the sign that all is there. A complete
    folder is left as it is; in a half-written one only what is missing is drawn. progress is
    called with pictures done and in all. Raise ValueError for an unknown department.
    """
    pictures = _planned(department)
    products = [product for product, _ in pictures]
    table = products_table(products)
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    _sweep(images)
    is_current = _holds(folder / _DRAWING_FILE, _DRAWING)
    if not is_current:
        # Without its products file no reader takes the old pictures for the new ones.
        (folder / "products.csv").unlink(missing_ok=True)
        for picture in images.glob("*.jpg"):
            picture.unlink()
        write_aside(folder / _DRAWING_FILE, _DRAWING.encode())
    for done, (product, draw) in enumerate(pictures, start=1):
        path = folder / product.image
        if not path.is_file():
            write_aside(path, jpeg(draw()))
        if progress is not None:
            progress(done, len(pictures))
    if not _holds(folder / "products.csv", table):
        write_aside(folder / "products.csv", table.encode())
    return products


def _planned(department: str) -> list[tuple[DemoProduct, Callable[[], Pixels]]]:
    if department == "art":
        return [(piece.product, partial(draw_print, piece)) for piece in plan_prints()]
    if department == "jewelry":
        return [(piece.product, partial(draw_piece, piece)) for piece in plan_pieces()]
    raise ValueError(f"there is no demo catalogue for the department {department!r}")


def products_table(products: list[DemoProduct]) -> str:
    """Return products as CSV text with a header; what a product lacks is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(product) for product in products)
    return text.getvalue()


def jpeg(pixels: Pixels) -> bytes:
    """Return a picture as JPEG bytes."""
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=_QUALITY)
    return data.getvalue()


def write_aside(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    aside = path.with_name(f"{_ASIDE}{path.name}.{os.getpid()}")
    try:
        aside.write_bytes(data)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Remove what runs that were killed had begun to write in a folder."""
    for aside in folder.glob(f"{_ASIDE}*"):
        try:
            os.kill(int(aside.suffix[1:]), 0)
        except (ProcessLookupError, ValueError):
            aside.unlink(missing_ok=True)
        except PermissionError:
            continue


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()

"""Read hand labels and companion series: small CSV files that name pictures of a catalogue."""

from collections.abc import Iterator
from pathlib import Path

from catalog.reading.files import open_text
from catalog.reading.formulas import unguarded
from catalog.reading.label_studio import read_label_studio
from catalog.reading.rows import NAME_LENGTH, BadValueError, FileError, LabelRow, RowError
from catalog.reading.table import Table, open_table
from catalog.reading.text import image_reference, short_text
from catalog.reading.times import moment

PRODUCT = ("source", "product")


def read_labels(path: Path) -> Iterator[LabelRow | RowError]:
    """Return the labels of a file, read as they are asked for; an empty one means undecidable.

    A CSV has the columns image and label, and may have labeller, created_at (ISO 8601), sha256,
    source and product, as our own export writes them; a name that ends in .json is Label Studio's
    export. Raise FileError at once where the file cannot be read.
    """
    if path.suffix.lower() == ".json":
        return read_label_studio(path)
    return _labels(_open(path, ("image", "label"), ("labeller", "created_at", "sha256", *PRODUCT)))


def read_companions(path: Path) -> list[tuple[str, str]]:
    """Return (series, image) for each row of a CSV with the columns series and image.

    Raise FileError where the file or any of its rows cannot be read: what is measured on a part of
    the series would look like a measurement on all.
    """
    pairs = []
    for cells in _open(path, ("series", "image")).rows():
        try:
            if isinstance(cells, RowError):
                raise BadValueError(cells.reason)
            series = short_text("series", cells["series"], NAME_LENGTH)
            if not series:
                raise BadValueError("series is missing")
            pairs.append((series, _image(cells["image"])))
        except BadValueError as error:
            raise FileError(f"{path.name}, row {cells.row}: {error}.") from error
    return pairs


def _open(path: Path, required: tuple[str, ...], known: tuple[str, ...] = ()) -> Table:
    file = open_text(path)
    table = open_table(file, required + known)
    missing = [name for name in required if name not in table.columns]
    if missing:
        raise FileError(
            f"{path.name} lacks the column {' and '.join(missing)}: "
            f"its first line should be {','.join(required)}."
        )
    return table


def _labels(table: Table) -> Iterator[LabelRow | RowError]:
    for cells in table.rows():
        if isinstance(cells, RowError):
            yield cells
            continue
        try:
            created_at = cells["created_at"]
            yield LabelRow(
                cells.row,
                _image(unguarded(cells["image"])),
                short_text("label", unguarded(cells["label"]), NAME_LENGTH),
                sha256=cells["sha256"].strip(),
                source=unguarded(cells["source"]),
                product=unguarded(cells["product"]),
                labeller=short_text("labeller", unguarded(cells["labeller"]), NAME_LENGTH),
                created_at=moment(created_at) if created_at.strip() else None,
            )
        except BadValueError as error:
            yield RowError(cells.row, str(error))


def _image(text: str) -> str:
    image = image_reference(text, 0)
    if image is None:
        raise BadValueError("image is missing")
    return image.reference

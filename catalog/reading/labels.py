"""Read hand labels and companion series: small CSV files that name pictures of a catalogue."""

from collections.abc import Iterator
from pathlib import Path

from catalog.reading.files import open_text
from catalog.reading.rows import NAME_LENGTH, BadValueError, FileError, LabelRow, RowError
from catalog.reading.table import Cells, Table, open_table
from catalog.reading.text import image_reference, short_text


def read_labels(path: Path) -> Iterator[LabelRow | RowError]:
    """Return the labels of a CSV with the columns image and label, read as they are asked for.

    An empty label means undecidable. Raise FileError at once where the file cannot be read.
    """
    return _labels(_open(path, ("image", "label")))


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
            pairs.append((series, _image(cells)))
        except BadValueError as error:
            raise FileError(f"{path.name}, row {cells.row}: {error}.") from error
    return pairs


def _open(path: Path, required: tuple[str, ...]) -> Table:
    file = open_text(path)
    table = open_table(file, required)
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
            label = short_text("label", cells["label"], NAME_LENGTH)
            yield LabelRow(cells.row, _image(cells), label)
        except BadValueError as error:
            yield RowError(cells.row, str(error))


def _image(cells: Cells) -> str:
    image = image_reference(cells["image"], 0)
    if image is None:
        raise BadValueError("image is missing")
    return image.reference

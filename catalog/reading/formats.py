"""Recognise what a catalogue file is by its content, and read it with the reader for that."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from catalog.reading.files import READ_FORMATS, TextFile, open_text
from catalog.reading.flat import (
    COLUMNS,
    REQUIRED,
    parse_json,
    parse_object,
    read_flat_csv,
    read_json_lines,
)
from catalog.reading.jeweller import is_jeweller, read_jeweller
from catalog.reading.prices import currency_code
from catalog.reading.rows import BadValueError, FileError, ProductRow, RowError
from catalog.reading.shopify import COLUMNS as SHOPIFY_COLUMNS
from catalog.reading.shopify import count_handles, read_shopify
from catalog.reading.table import open_table
from catalog.reading.text import clip

_LARGEST_JSON = 256 * 1024 * 1024
_LINES_TRIED = 50


@dataclass(frozen=True, slots=True)
class _Catalogue:
    """A recognised file: how to read it in a currency, and how to count what reading yields."""

    read: Callable[[str], Iterator[ProductRow | RowError]]
    count: Callable[[], int]


def read_products(path: Path, *, currency: str = "USD") -> Iterator[ProductRow | RowError]:
    """Return the products of a catalogue file, read as they are asked for.

    currency: ISO 4217, for rows and files that name none. A row that cannot be used comes as a
    RowError in its place. Raise FileError at once where the whole file cannot be read, or where the
    currency is none.
    """
    try:
        code = currency_code(currency)
    except BadValueError as error:
        raise FileError(f"{path.name} was not read: {error}.") from error
    return _recognise(path).read(code)


def count_rows(path: Path) -> int | None:
    """Return how many rows read_products yields, about; None where it would raise FileError."""
    try:
        return _recognise(path).count()
    except FileError:
        return None


def _recognise(path: Path) -> _Catalogue:
    file = open_text(path)
    return _recognise_json(file) if file.head().startswith(("{", "[")) else _recognise_csv(file)


def _recognise_csv(file: TextFile) -> _Catalogue:
    table = open_table(file, SHOPIFY_COLUMNS.union(COLUMNS))
    columns = set(table.columns)
    if columns.issuperset(REQUIRED):
        return _Catalogue(partial(read_flat_csv, table), lambda: sum(1 for _ in table.rows()))
    if columns.issuperset(("handle", "title")) and len(columns & SHOPIFY_COLUMNS) > 4:
        return _Catalogue(partial(read_shopify, table), partial(count_handles, table))
    if any(line is not None and line.startswith("{") for line in _first_lines(file)):
        return _recognise_json(file)
    missing = " and ".join(name for name in REQUIRED if name not in columns)
    raise FileError(
        f"{file.path.name} has the columns {_some(table.columns)} and lacks {missing}. "
        f"{READ_FORMATS}"
    )


def _recognise_json(file: TextFile) -> _Catalogue:
    """Tell JSON lines, where one line is one object, from one object that fills the file."""
    keys: list[str] = []
    for line in _first_lines(file):
        record = parse_object(line) if line is not None else {}
        if isinstance(record, dict):
            if not record.keys().isdisjoint(REQUIRED):
                return _Catalogue(partial(read_json_lines, file), partial(_count_lines, file))
            keys = keys or list(record)
    data = _whole(file)
    if is_jeweller(data):
        return _Catalogue(partial(read_jeweller, data), partial(len, data))
    if data is None:
        found = f"JSON lines with the keys {_some(keys)}" if keys else "damaged or unfinished JSON"
    elif isinstance(data, dict):
        found = f"one JSON object with the keys {_some(list(data))}"
    else:
        found = f"one JSON {'list' if isinstance(data, list) else 'value'}, not an object a line"
    raise FileError(f"{file.path.name} is {found}. {READ_FORMATS}")


def _first_lines(file: TextFile) -> Iterator[str | None]:
    return islice((line for line in file.lines() if line is None or line.strip()), _LINES_TRIED)


def _whole(file: TextFile) -> Any:
    """Return the JSON value that fills the file, None where it is not one."""
    if file.path.stat().st_size > _LARGEST_JSON:
        raise FileError(
            f"{file.path.name} is one JSON object of more than {_LARGEST_JSON >> 20} MiB: "
            f"write it as JSON lines. {READ_FORMATS}"
        )
    try:
        return parse_json(file.path.read_text(encoding=file.encoding, errors="replace"))
    except ValueError:
        return None


def _count_lines(file: TextFile) -> int:
    return sum(1 for line in file.lines() if line is None or line.strip())


def _some(names: list[str] | tuple[str, ...]) -> str:
    shown = ", ".join(clip(name, 30) for name in names[:8])
    return f"{shown}, …" if len(names) > 8 else shown or "(none)"

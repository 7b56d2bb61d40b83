"""Read CSV so that a broken row costs that row: quotes left open do not swallow what follows."""

import csv
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from catalog.reading.files import UNDECODED, TextFile
from catalog.reading.rows import FileError, RowError
from catalog.reading.text import clean_text

_DELIMITERS = (",", ";", "\t")
_LONGEST_CELL_LINES = 1000


@dataclass(frozen=True, slots=True)
class Cells:
    """One row: its number in the file, and its cells by column name, "" where there is none."""

    row: int
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file whose header has been read: column names in lower case, in order."""

    file: TextFile
    columns: tuple[str, ...]
    delimiter: str
    header_row: int

    def rows(self) -> Iterator[Cells | RowError]:
        """Yield the rows below the header; blank ones are counted and left out.

        A row is what a spreadsheet shows as one: a cell of several lines is one row.
        """
        lines = self.file.lines()
        for _ in range(self.header_row):
            next(lines, None)
        width = len(self.columns)
        for number, record in enumerate(records(lines, self.delimiter, width), self.header_row + 1):
            if isinstance(record, str):
                yield RowError(number, record)
            elif any(cell.strip() for cell in record):
                if len(record) == width:
                    yield Cells(number, dict(zip(self.columns, record, strict=True)))
                else:
                    yield RowError(
                        number, f"has {_columns(len(record))}, the header has {_columns(width)}"
                    )


def open_table(file: TextFile, known: Collection[str]) -> Table:
    """Return the table of a file; the delimiter is the one that shows most of the known columns.

    Raise FileError where no line can be a header, or a known column comes twice.
    """
    for number, line in enumerate(file.lines(), 1):
        if line is None:
            break
        if not line.strip():
            continue
        columns, delimiter = max(
            ((_names(line, delimiter), delimiter) for delimiter in _DELIMITERS),
            key=lambda option: (sum(name in known for name in option[0]), len(option[0])),
        )
        for name in columns:
            if name in known and columns.count(name) > 1:
                raise FileError(f"{file.path.name} has the column “{name}” twice: rename one.")
        return Table(file, columns, delimiter, number)
    raise FileError(f"{file.path.name} has no header: its first line should name the columns.")


def _names(line: str, delimiter: str) -> tuple[str, ...]:
    cells = _parse([line], delimiter)
    return () if isinstance(cells, str) else tuple(clean_text(cell).lower() for cell in cells)


def records(lines: Iterator[str | None], delimiter: str, width: int) -> Iterator[list[str] | str]:
    """Yield the cells of each record, or what is wrong with it.

    A quote that is never closed, or that runs on over rows that are whole by themselves, is given
    up: its first line is the bad record, and reading goes on with the second.
    """
    waiting: deque[str | None] = deque()
    while True:
        parts: list[str] = []
        size, is_open = 0, False
        while not parts or is_open:
            line = waiting.popleft() if waiting else next(lines, "")
            if not line or len(parts) == _LONGEST_CELL_LINES or size > csv.field_size_limit():
                waiting.appendleft(line)
                break
            parts.append(line)
            size += len(line)
            is_open = _is_open(line, delimiter, is_open)
        if not parts:
            line = waiting.popleft()
            if line is None:
                yield "is longer than a row can be"
                continue
            return
        record = _parse(parts, delimiter)
        if is_open or (
            len(parts) > 1
            and not _fits(_parse(parts, delimiter, strict=True), width)
            and any(_fits(_parse([part], delimiter), width) for part in parts[1:])
        ):
            waiting.extendleft(reversed(parts[1:]))
            record = "has a quote that is opened and not closed"
        elif any(UNDECODED.search(part) for part in parts if not part.isascii()):
            record = "holds bytes that are not UTF-8"
        yield record


def _is_open(line: str, delimiter: str, is_open: bool) -> bool:
    """Say whether a quoted cell is still open after line, as csv.reader would see it."""
    if '"' not in line:
        return is_open
    position = 0
    while True:
        if not is_open:
            # Only a quote at the beginning of a cell opens it: 12" is an inch mark.
            if line.startswith('"', position):
                position += 1
            else:
                position = line.find(delimiter + '"', position) + 2
                if position == 1:
                    return False
        is_open = True
        end = line.find('"', position)
        while line.startswith('""', end) and end >= 0:
            end = line.find('"', end + 2)
        if end < 0:
            return True
        is_open = False
        position = line.find(delimiter, end + 1) + 1
        if position == 0:
            return False


def _parse(parts: list[str], delimiter: str, *, strict: bool = False) -> list[str] | str:
    """Return the cells of one record; strict refuses text after a closing quote."""
    try:
        records = list(csv.reader(parts, delimiter=delimiter, strict=strict))
    except csv.Error as error:
        return f"cannot be read as CSV: {error}"
    return records[0] if len(records) == 1 else "cannot be read as CSV"


def _fits(record: list[str] | str, width: int) -> bool:
    return isinstance(record, list) and len(record) == width


def _columns(count: int) -> str:
    return f"{count} column" if count == 1 else f"{count} columns"

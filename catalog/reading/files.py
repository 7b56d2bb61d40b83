"""Open catalogue files of unknown make: what kind of bytes, which encoding, line by line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from catalog.reading.rows import FileError

LONGEST_LINE = 1 << 20
READ_FORMATS = (
    "Read are: CSV with the columns external_id and title, JSON lines with the same keys, "
    "Shopify's product CSV export, and the jeweller's JSON of products and their variants."
)
# Bytes that did not decode come as lone surrogates (PEP 383).
UNDECODED = re.compile("[\udc80-\udcff]")

_MAGIC = (
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook (save it as CSV)"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (save it as CSV)"),
    (b"\x1f\x8b", "a gzip archive (unpack it)"),
    (b"\xff\xfe", "UTF-16 text (save it as UTF-8)"),
    (b"\xfe\xff", "UTF-16 text (save it as UTF-8)"),
)

Encoding = Literal["utf-8-sig", "cp1252"]


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file known to be text, and its encoding."""

    path: Path
    encoding: Encoding

    def head(self) -> str:
        """Return the first characters that are not blank."""
        with self.path.open(encoding=self.encoding, errors="replace") as file:
            return file.read(4096).lstrip()

    def lines(self) -> Iterator[str | None]:
        """Yield each line with its ending; None for one of more than LONGEST_LINE characters.

        Bytes that are not UTF-8 come as the characters that UNDECODED finds.
        """
        errors = "surrogateescape" if self.encoding == "utf-8-sig" else "strict"
        with self.path.open(encoding=self.encoding, errors=errors, newline="") as file:
            while line := file.readline(LONGEST_LINE):
                if len(line) < LONGEST_LINE or line.endswith(("\n", "\r")):
                    yield line
                    continue
                while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(("\n", "\r")):
                    pass
                yield None


def open_text(path: Path) -> TextFile:
    """Return the file as text; one pass over it, in memory of one line.

    UTF-8 when at least as many of its lines are UTF-8 as are not (those few become row errors),
    else Windows-1252. Raise FileError for a file that is missing, empty, binary or in neither.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4096)
            _refuse_binary(path, head)
            file.seek(0)
            encoding = _encoding(path, iter(lambda: file.readline(LONGEST_LINE), b""))
    except FileNotFoundError:
        raise FileError(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise FileError(f"{path} is a folder, not a file.") from None
    except (OSError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path} cannot be opened: {error}.") from error
    return TextFile(path, encoding)


def _refuse_binary(path: Path, head: bytes) -> None:
    if not head.removeprefix(b"\xef\xbb\xbf").strip():
        raise FileError(f"{path.name} is empty. {READ_FORMATS}")
    for magic, name in _MAGIC:
        if head.startswith(magic):
            raise FileError(f"{path.name} is {name}. {READ_FORMATS}")
    if b"\0" in head.split(b"\n", 1)[0]:
        raise FileError(f"{path.name} is binary, not text. {READ_FORMATS}")


def _encoding(path: Path, lines: Iterator[bytes]) -> Encoding:
    right = wrong = 0
    strange: str | None = None
    for number, line in enumerate(lines, 1):
        if line.isascii():
            continue
        try:
            line.decode()
        except UnicodeDecodeError:
            wrong += 1
        else:
            right += 1
            continue
        try:
            line.decode("cp1252")
        except UnicodeDecodeError as error:
            strange = strange or f"byte 0x{line[error.start]:02x} in line {number:,}"
    if not wrong or right >= wrong:
        return "utf-8-sig"
    if strange:
        raise FileError(
            f"{path.name} is neither UTF-8 nor Windows-1252 ({strange}): save it as UTF-8. "
            f"{READ_FORMATS}"
        )
    return "cp1252"

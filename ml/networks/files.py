"""Where pictures lie in folders."""

from pathlib import Path

SUFFIXES = {".jpg", ".jpeg", ".png"}


def picture_files(folder: Path) -> list[Path]:
    """Return the files of pictures below a folder, in order; told by their suffix, in any case."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)

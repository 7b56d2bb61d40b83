"""Cells that a spreadsheet would take for a formula: written with an apostrophe before them."""

import re

# A text that begins like one after apostrophes of its own is guarded too, so that nothing is lost.
# Some spreadsheets take the wide signs of Chinese and Japanese for the others.
_FORMULA = re.compile(r"'*[=+\-@＝＋－＠\t\r\n]")


def guarded(text: str) -> str:
    """Return a cell that no spreadsheet runs: an apostrophe before = + - @, tab, CR and LF."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """Return the text of a cell that ``guarded`` wrote."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell

"""How numbers are written for people."""


def percent(share: float, digits: int = 0) -> str:
    """Return a share as percent, as in “96.1 %”; its space does not break."""
    return f"{100 * share:.{digits}f}\u00a0%"

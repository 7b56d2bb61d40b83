"""Read points in time as ISO 8601 writes them."""

from datetime import UTC, datetime

from catalog.reading.rows import BadValueError
from catalog.reading.text import clip


def moment(text: str) -> datetime:
    """Return the point in time, in UTC where it names no zone; raises BadValueError otherwise."""
    try:
        when = datetime.fromisoformat(text.strip())
        return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise BadValueError(f"time {clip(text)} is not like 2026-03-31T14:05:00+00:00") from None

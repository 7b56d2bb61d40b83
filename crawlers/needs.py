"""What the crawls need a person for."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobs.needs import Need

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def needs(user: "User") -> Iterator[Need]:
    """Yield nothing yet."""
    return iter(())

"""What needs a person now: each app says what it waits for, the admin's home shows it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for a person: how many, of what in words, and where it is done.

    The text follows the count: "pictures of art have no label".
    """

    text: str
    count: int
    url: str


Asked = Callable[["User"], Iterable[Need]]

_asked: list[Asked] = []


def register(ask: Asked) -> None:
    """Let ``ask`` say what needs a person: only what that person may do, in a few queries."""
    if ask not in _asked:
        _asked.append(ask)


def needs_of(user: "User") -> list[Need]:
    """Return what needs this person now, in the order in which apps registered."""
    return [need for ask in _asked for need in ask(user) if need.count]

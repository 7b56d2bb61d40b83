"""The made-up catalogue that all replicas serve, and its pictures."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tests.crawlers.shops import Answer, Asked, draw


@dataclass(frozen=True)
class Piece:
    """One product of a made-up catalogue."""

    number: int
    price: Decimal
    category: str = "Prints"
    pictures: int = 1
    available: bool = True

    @property
    def title(self) -> str:
        return f"Piece {self.number}"

    def images(self, asked: Asked) -> list[str]:
        return [f"{asked.root}/pictures/{self.number}-{n}.jpg" for n in range(self.pictures)]


Catalogue = Sequence[Piece]


def catalogue(count: int, *, first: int = 1, pictures: int = 1) -> list[Piece]:
    """Return pieces from number first on; the prices are 10.50, 11.50, … and begin again at 110."""
    return [
        Piece(number, Decimal(10 + number % 100) + Decimal("0.50"), pictures=pictures)
        for number in range(first, first + count)
    ]


def pictures(asked: Asked) -> Answer | None:
    """Serve the pictures of all replicas, each another."""
    found = re.fullmatch(r"/pictures/(\d+)-(\d+)\.jpg", asked.path)
    if not found:
        return None
    number, position = map(int, found.groups())
    return Answer(draw(number * 100 + position), kind="image/jpeg")

"""The made-up catalogue that all replicas serve, and its pictures."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tests.crawlers.shops import Answer, Asked, Speaker, draw


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


def pictures_by(picture: Callable[[int], bytes]) -> Speaker:
    """Serve the pictures of all replicas, made of their numbers, each another."""

    def speak(asked: Asked) -> Answer | None:
        found = re.fullmatch(r"/pictures/(\d+)-(\d+)\.jpg", asked.path)
        if not found:
            return None
        number, position = map(int, found.groups())
        return Answer(picture(number * 100 + position), kind="image/jpeg")

    return speak


pictures = pictures_by(draw)

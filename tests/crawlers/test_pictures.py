"""The pictures of whole crawls: hosts that fail, and addresses that a shop shows no more."""

from dataclasses import dataclass

import pytest

from catalog.models import Picture, Product
from crawlers.models import PictureLink
from crawlers.pictures import MOST_FAILURES
from tests.crawlers.pieces import Piece, catalogue
from tests.crawlers.running import Pieces
from tests.crawlers.shops import Answer, Asked
from tests.crawlers.test_runs import crawl

pytestmark = pytest.mark.usefixtures("crawling")


@dataclass(frozen=True)
class Elsewhere(Piece):
    """A piece whose pictures lie on a host where nobody answers."""

    def images(self, asked: Asked) -> list[str]:
        return [f"http://127.0.0.2:9/{self.number}.jpg"]


def elsewhere(count: int) -> list[Piece]:
    return [Elsewhere(piece.number, piece.price) for piece in catalogue(count)]


def failures() -> list[str]:
    links = PictureLink.objects.exclude(failure="").order_by("pk")
    return list(links.values_list("failure", flat=True))


def test_a_host_that_fails_again_and_again_is_left_alone(pieces: Pieces) -> None:
    pieces.sell([*elsewhere(30), *catalogue(20, first=31)])
    run = crawl(pieces.url)
    assert (run.outcome, run.progress["pictures"], run.progress["pictures_failed"]) == (
        "complete",
        20,
        30,
    )
    left = [one for one in failures() if "failed 10 times in a row" in one]
    assert 0 < len(left) <= 30 - MOST_FAILURES
    assert left[0] == "127.0.0.2 failed 10 times in a row"
    assert any("127.0.0.2 gives no pictures" in line for line in run.progress["log"])
    # The next run tries all of them again.
    pieces.sell(catalogue(50))
    assert crawl(pieces.url).progress["pictures"] == 30
    assert Picture.objects.count() == 50


def test_a_host_that_gives_pictures_between_is_asked_on(pieces: Pieces) -> None:
    sold = catalogue(40)
    pieces.sell(sold)
    for piece in sold[::2]:
        pieces.shop.instead[f"/pictures/{piece.number}-0.jpg"] = Answer(b"", status=500)
    run = crawl(pieces.url)
    assert (run.progress["pictures"], run.progress["pictures_failed"]) == (20, 20)
    assert set(failures()) == {"answered 500"}


def test_pictures_that_are_gone_do_not_count_against_their_host(pieces: Pieces) -> None:
    sold = catalogue(30)
    pieces.sell(sold)
    for piece in sold[:20]:
        pieces.shop.instead[f"/pictures/{piece.number}-0.jpg"] = Answer(b"", status=404)
    run = crawl(pieces.url)
    assert (run.progress["pictures"], run.progress["pictures_failed"]) == (10, 20)
    assert set(failures()) == {"answered 404"}


def test_a_picture_that_the_shop_shows_no_more_stays_behind_the_others(pieces: Pieces) -> None:
    pieces.sell(catalogue(1, pictures=2))
    crawl(pieces.url)
    assert places() == ["/pictures/1-0.jpg", "/pictures/1-1.jpg"]

    @dataclass(frozen=True)
    class Changed(Piece):
        def images(self, asked: Asked) -> list[str]:
            return [f"{asked.root}/pictures/1-{n}.jpg" for n in (2, 1)]

    piece = catalogue(1)[0]
    pieces.sell([Changed(piece.number, piece.price)])
    crawl(pieces.url)
    assert places() == ["/pictures/1-2.jpg", "/pictures/1-1.jpg", "/pictures/1-0.jpg"]
    # One without pictures keeps those that it had.
    pieces.sell([Piece(piece.number, piece.price, pictures=0)])
    asked = len(pieces.shop.asked)
    crawl(pieces.url)
    assert places() == ["/pictures/1-2.jpg", "/pictures/1-1.jpg", "/pictures/1-0.jpg"]
    assert not [one for one in pieces.shop.asked[asked:] if one.path.startswith("/pictures")]


def places() -> list[str]:
    """Return the paths of the only product's pictures in their order."""
    pictures = Picture.objects.filter(product=Product.objects.get()).order_by("position", "pk")
    return [f"/pictures/{one.reference.rpartition('/')[2]}" for one in pictures]

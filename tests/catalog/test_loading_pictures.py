"""Pictures of imported products: missing, broken, elsewhere, or to be fetched."""

import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.files.storage import default_storage
from pytest_django import Settings

from catalog.loading import ImportReport, load_products
from catalog.models import Picture, Product
from catalog.reading import read_products
from tests.factories import jpeg

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return the folder of a shop with one good picture, good.jpg."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "good.jpg").write_bytes(jpeg())
    return folder


class PictureServer(ThreadingHTTPServer):
    """A shop's site on loopback: serves one picture and keeps the paths it was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), PictureHandler)
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class PictureHandler(BaseHTTPRequestHandler):
    server: PictureServer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        found = self.path == "/ring.jpg"
        data = jpeg(5) if found else b"no such picture"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "image/jpeg" if found else "text/plain")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[PictureServer]:
    with PictureServer() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def load(folder: Path, *pictures: str | list[str]) -> ImportReport:
    """Import a product for each picture or list of pictures."""
    file = folder / "products.jsonl"
    lines = [
        {
            "external_id": f"art-{number}",
            "title": f"Piece {number}",
            "images": [named] if isinstance(named, str) else named,
        }
        for number, named in enumerate(pictures)
    ]
    file.write_text("\n".join(map(json.dumps, lines)))
    return load_products(
        read_products(file), source_name="test shop", folder=folder, department="art"
    )


def jeweller_file(folder: Path, pictures: list[str]) -> Path:
    """Write the jeweller's JSON: one ring in two variants that share the pictures."""
    variants = {
        f"Size {size}": {
            "Product ID": "R1",
            "Price": "$ 250.00",
            "Product Full Link": "https://jeweller.example/r1",
            "Product Image Path": pictures,
        }
        for size in (50, 52)
    }
    file = folder / "rings.json"
    file.write_text(json.dumps({"Ring Aurora": variants}))
    return file


def refusal(report: ImportReport) -> str:
    """Return the reason of the one row that failed, the first."""
    [failure] = report.failed
    assert failure["row"] == 1
    return str(failure["reason"])


def test_it_works(shop: Path) -> None:
    report = load(shop, "good.jpg")
    assert (report.created, report.pictures, report.failed) == (1, 1, [])
    assert Picture.objects.get().reference == "good.jpg"


def test_a_missing_picture_is_reported_and_its_row_left_out(shop: Path) -> None:
    report = load(shop, "gone.jpg", "good.jpg")
    assert refusal(report) == "picture 'gone.jpg': there is no such file"
    assert Product.objects.get().external_id == "art-1"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "The file is empty"),
        (b"words, not a picture", "is not a picture"),
        (jpeg()[:1500], "damaged or was cut off"),
    ],
    ids=["empty", "text", "truncated"],
)
def test_a_broken_picture_is_reported_and_its_row_left_out(
    shop: Path, media: Path, data: bytes, reason: str
) -> None:
    (shop / "bad.jpg").write_bytes(data)
    report = load(shop, "bad.jpg", "good.jpg")
    assert reason in refusal(report)
    assert Product.objects.get().external_id == "art-1"
    assert len([path for path in media.rglob("*") if path.is_file()]) == 2


def test_a_picture_that_is_too_large_is_reported(shop: Path, settings: Settings) -> None:
    (shop / "large.jpg").write_bytes(jpeg(1, (600, 400)))
    settings.PHOTO_MAX_BYTES = (shop / "large.jpg").stat().st_size - 1
    assert "too large" in refusal(load(shop, "large.jpg", "good.jpg"))
    assert Product.objects.count() == 1


def test_a_broken_picture_beside_a_good_one_keeps_the_product(shop: Path) -> None:
    report = load(shop, ["gone.jpg", "good.jpg"])
    assert "gone.jpg" in refusal(report)
    assert (report.created, report.pictures) == (1, 1)
    assert Product.objects.get().pictures.get().reference == "good.jpg"


def test_a_mended_picture_brings_its_product_in(shop: Path) -> None:
    load(shop, "late.jpg")
    (shop / "late.jpg").write_bytes(jpeg(3))
    report = load(shop, "late.jpg")
    assert (report.created, report.failed) == (1, [])


def test_a_picture_that_is_gone_later_is_kept(shop: Path) -> None:
    load(shop, "good.jpg")
    (shop / "good.jpg").unlink()
    report = load(shop, "good.jpg")
    assert "no such file" in refusal(report)
    assert Picture.objects.get().read().startswith(b"\xff\xd8")


def test_a_link_that_leaves_the_folder_is_refused(shop: Path, tmp_path: Path, media: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(jpeg(7))
    (shop / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    assert "lies outside the folder of the file" in refusal(load(shop, "link.jpg"))
    assert not Product.objects.exists()
    assert not media.exists()


@pytest.mark.parametrize("form", ["../secret.jpg", "{folder}/secret.jpg", "~/secret.jpg"])
def test_a_path_outside_the_folder_is_never_read(
    shop: Path, tmp_path: Path, media: Path, form: str
) -> None:
    (tmp_path / "secret.jpg").write_bytes(jpeg(7))
    report = load(shop, form.format(folder=tmp_path))
    [failure] = report.pictures_failed
    assert "outside the folder of the file" in failure["reason"]
    assert Product.objects.get().pictures.count() == 0
    assert not media.exists()


def test_a_link_within_the_folder_is_followed(shop: Path) -> None:
    (shop / "link.jpg").symlink_to("good.jpg")
    assert load(shop, "link.jpg").pictures == 1


@pytest.mark.parametrize("kind", ["circle", "folder", "pipe"])
def test_what_is_no_file_is_reported(shop: Path, kind: str) -> None:
    if kind == "circle":
        (shop / "odd.jpg").symlink_to("odd.jpg")
    elif kind == "folder":
        (shop / "odd.jpg").mkdir()
    else:
        os.mkfifo(shop / "odd.jpg")
    assert refusal(load(shop, "odd.jpg", "good.jpg")) == "picture 'odd.jpg': there is no such file"
    assert Product.objects.get().external_id == "art-1"


def test_a_name_too_long_for_a_file_is_reported(shop: Path) -> None:
    assert "a" * 300 in refusal(load(shop, "a" * 300 + ".jpg", "good.jpg"))
    assert Product.objects.get().external_id == "art-1"


def test_pictures_on_another_machine_keep_the_product_and_are_told_once(shop: Path) -> None:
    file = jeweller_file(shop, [f"C:\\pictures\\{number}.jpg" for number in range(56)])
    for _ in range(2):
        report = load_products(
            read_products(file), source_name="jeweller", folder=shop, department="jewelry"
        )
        assert report.failed == []
        assert report.pictures_failed == [
            {
                "row": 1,
                "reason": "56 pictures lie on another machine, or outside the folder of the file",
            }
        ]
    assert (report.created, report.unchanged) == (0, 1)
    product = Product.objects.get()
    assert (product.external_id, product.title) == ("R1", "Ring Aurora")
    assert not product.pictures.exists()


def test_one_picture_on_another_machine_is_told_in_the_singular(shop: Path) -> None:
    report = load(shop, ["/elsewhere/1.jpg", "good.jpg"])
    assert report.failed == []
    assert report.pictures == 1
    [failure] = report.pictures_failed
    assert failure["reason"].startswith("1 picture lies on another machine")


def test_a_picture_by_address_is_fetched_once(
    shop: Path, server: PictureServer, settings: Settings
) -> None:
    settings.FETCH_PRIVATE_ADDRESSES = True
    address = f"{server.address}/ring.jpg"
    report = load(shop, address)
    assert (report.created, report.pictures, report.pictures_failed) == (1, 1, [])
    picture = Picture.objects.get()
    assert picture.reference == address
    assert default_storage.exists(str(picture.file))
    report = load(shop, address)
    assert (report.unchanged, report.pictures) == (1, 0)
    assert server.asked == ["/ring.jpg"]


def test_an_address_without_a_picture_keeps_the_product(
    shop: Path, server: PictureServer, settings: Settings
) -> None:
    settings.FETCH_PRIVATE_ADDRESSES = True
    report = load(shop, f"{server.address}/gone.jpg", "good.jpg")
    assert report.failed == []
    [failure] = report.pictures_failed
    assert failure["row"] == 1
    assert "answered 404" in failure["reason"]
    assert (report.created, report.pictures) == (2, 1)
    # It is asked for again the next time, in case it is there by then.
    load(shop, f"{server.address}/gone.jpg")
    assert server.asked == ["/gone.jpg", "/gone.jpg"]


def test_an_address_in_the_own_network_is_refused(
    shop: Path, server: PictureServer, settings: Settings
) -> None:
    assert settings.FETCH_PRIVATE_ADDRESSES is False
    report = load(shop, f"{server.address}/ring.jpg", "http://127.0.0.1/ring.jpg")
    reasons = [failure["reason"] for failure in report.pictures_failed]
    assert "Only ports 80 and 443 are asked" in reasons[0]
    assert "leads into a private network" in reasons[1]
    assert server.asked == []
    assert Product.objects.count() == 2
    assert not Picture.objects.exists()


def test_a_real_jeweller_is_told_one_thing_a_product(shared: Path, tmp_path: Path) -> None:
    rows = islice(read_products(shared / "data/catalogues/glamira_products_details.json"), 40)
    report = load_products(rows, source_name="jeweller", folder=tmp_path, department="jewelry")
    told = [failure["row"] for failure in report.pictures_failed]
    assert report.created > 20
    assert len(told) == len(set(told)) > 20


def test_real_pictures_come_in(shared: Path) -> None:
    rows = islice(read_products(shared / "data/art/products.csv"), 8)
    report = load_products(rows, source_name="prints", folder=shared / "data/art")
    assert (report.created, report.pictures, report.failed) == (8, 8, [])

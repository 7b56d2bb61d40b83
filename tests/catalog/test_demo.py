"""The demo catalogue as it lies in its folder."""

import csv
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catalog.demo import COLUMNS, DemoProduct, draw_catalogue, draw_samples
from catalog.demo.art.framing import art_size, framed
from catalog.demo.art.prints import draw_print, plan_prints
from catalog.demo.catalogue import jpeg
from catalog.demo.jewelry.pieces import draw_piece, plan_pieces
from catalog.demo.samples import table_photo, wall_photo
from catalog.reading import read_products
from catalog.reading.rows import ProductRow

ROOT = Path(__file__).resolve().parents[2]
ART_LABELS = {"abstract", "animal", "botanical", "city", "landscape", "water"}
JEWELRY_LABELS = {"bracelets", "earrings", "necklaces", "rings"}


@dataclass(frozen=True)
class Drawn:
    """A catalogue as drawn once for this file's tests."""

    folder: Path
    products: list[DemoProduct]
    steps: list[tuple[int, int]]

    def picture(self, product: DemoProduct) -> Image.Image:
        with Image.open(self.folder / product.image) as image:
            return image.convert("RGB")

    def rows(self) -> list[dict[str, str]]:
        with (self.folder / "products.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))


def drawn(folder: Path, department: str) -> Drawn:
    steps: list[tuple[int, int]] = []
    products = draw_catalogue(
        folder, department, progress=lambda done, total: steps.append((done, total))
    )
    return Drawn(folder, products, steps)


@pytest.fixture(scope="module")
def art(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    return drawn(tmp_path_factory.mktemp("demo") / "art", "art")


@pytest.fixture(scope="module")
def jewelry(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Draw over what an older version of the drawings had left."""
    folder = tmp_path_factory.mktemp("demo") / "jewelry"
    (folder / "images").mkdir(parents=True)
    (folder / "drawing.txt").write_text("0\n")
    (folder / "products.csv").write_text("external_id\nold\n")
    Image.new("RGB", (9, 9)).save(folder / "images" / "jewelry-rings-001.jpg")
    Image.new("RGB", (9, 9)).save(folder / "images" / "of-another-time.jpg")
    return drawn(folder, "jewelry")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return draw_samples(tmp_path_factory.mktemp("demo") / "samples")


@pytest.fixture(params=["art", "jewelry"])
def either(request: pytest.FixtureRequest) -> Drawn:
    catalogue: Drawn = request.getfixturevalue(request.param)
    return catalogue


def test_it_works(art: Drawn, jewelry: Drawn) -> None:
    assert Counter(product.label for product in art.products) == dict.fromkeys(ART_LABELS, 50)
    assert Counter(product.label for product in jewelry.products) == dict.fromkeys(
        JEWELRY_LABELS, 50
    )
    assert art.steps == [(done, 300) for done in range(1, 301)]
    assert jewelry.steps == [(done, 200) for done in range(1, 201)]


def test_there_is_one_picture_for_each_product(either: Drawn) -> None:
    files = {path.relative_to(either.folder).as_posix() for path in either.folder.rglob("*.*")}
    pictures = {f"images/{product.external_id}.jpg" for product in either.products}
    assert files == pictures | {"products.csv", "drawing.txt"}
    assert {product.image for product in either.products} == pictures


def test_ids_titles_and_addresses_are_distinct(either: Drawn) -> None:
    for name in ("external_id", "title", "url"):
        assert len({getattr(product, name) for product in either.products}) == len(either.products)


def test_no_two_pictures_are_the_same(either: Drawn) -> None:
    small = np.array(
        [
            np.asarray(either.picture(product).resize((24, 24)), np.float32)
            for product in either.products
        ]
    ).reshape(len(either.products), -1)
    for number, picture in enumerate(small[:-1]):
        assert np.abs(small[number + 1 :] - picture).mean(axis=1).min() > 0.5


def test_pictures_are_far_from_uniform(either: Drawn) -> None:
    for product in either.products:
        grey = np.asarray(either.picture(product).convert("L"), np.float32)
        assert grey.std() > 8, product.title


def test_products_are_plausible(either: Drawn) -> None:
    for product in either.products:
        low, high = (24, 240) if product.department == "art" else (18, 900)
        assert low <= product.price <= high
        assert product.url.startswith(f"https://demo.pendant.example/{product.department}/")
        assert product.currency == "USD"
        assert product.brand
    stock = Counter(product.availability for product in either.products)
    assert set(stock) == {"in", "out"}
    assert 2 <= stock["out"] <= 30


def test_the_table_says_what_the_products_are(either: Drawn) -> None:
    rows = either.rows()
    assert tuple(rows[0]) == COLUMNS
    assert rows == [
        {name: "" if (value := getattr(product, name)) is None else str(value) for name in COLUMNS}
        for product in either.products
    ]


def test_the_importer_reads_the_table(either: Drawn) -> None:
    rows = list(read_products(either.folder / "products.csv"))
    assert all(isinstance(row, ProductRow) for row in rows)
    for row, product in zip(rows, either.products, strict=True):
        assert isinstance(row, ProductRow)
        assert (row.external_id, row.title, row.price) == (
            product.external_id,
            product.title,
            product.price,
        )
        assert (row.label, row.availability) == (product.label, product.availability)
        assert row.width_cm == (None if product.width_cm is None else Decimal(product.width_cm))


def test_prints_have_the_shape_of_their_size(art: Drawn) -> None:
    shapes = Counter[str]()
    for product in art.products:
        assert product.width_cm is not None
        assert product.height_cm is not None
        width, height = art.picture(product).size
        assert max(width, height) == 480
        assert abs(width / height - product.width_cm / product.height_cm) < 0.01
        shapes["tall" if height > width else "wide" if width > height else "square"] += 1
    assert min(shapes[shape] for shape in ("tall", "wide", "square")) >= 30


def test_about_half_of_the_prints_are_framed(art: Drawn) -> None:
    framed_prints = [piece.product for piece in plan_prints() if piece.frame]
    assert 120 <= len(framed_prints) <= 180
    for product in framed_prints:
        pixels = np.asarray(art.picture(product), np.float32)
        depth = round(min(pixels.shape[:2]) * 0.11)
        mat = pixels[depth, depth:-depth]
        assert mat.mean() > 240, product.title
        assert mat.std() < 6, product.title


def test_a_frame_holds_the_art_unchanged_within_a_white_mat() -> None:
    width, height = art_size(300, 400)
    art = np.full((height, width, 3), (180, 60, 40), np.uint8)
    picture = framed(art, 300, 400, "black", np.random.default_rng(1)).astype(np.float32)
    assert picture.shape == (400, 300, 3)
    top, left = (400 - height) // 2, (300 - width) // 2
    hung = picture[top : top + height, left : left + width]
    assert np.abs(hung - art).max() <= 4
    assert picture[top - 12 : top - 6, left : left + width].mean() > 240
    assert picture[0].mean() > 240
    across = picture[200, :left].mean(axis=1)
    assert across.min() < 60


def test_companion_prints_share_artist_and_size(art: Drawn) -> None:
    numbered = [product for product in art.products if " no. " in product.title]
    series = {
        title: list(prints)
        for title, prints in groupby(numbered, key=lambda print_: print_.title.split(" no. ")[0])
    }
    assert len(series) >= 40
    for title, prints in series.items():
        assert [p.title for p in prints] == [f"{title} no. {n + 1}" for n in range(len(prints))]
        assert len(prints) in (2, 3)
        assert len({(p.brand, p.width_cm, p.height_cm) for p in prints}) == 1


def test_jewelry_has_no_size_and_lies_on_near_white(jewelry: Drawn) -> None:
    for product in jewelry.products:
        assert (product.width_cm, product.height_cm) == (None, None)
        picture = jewelry.picture(product)
        assert picture.size == (400, 400)
        assert np.asarray(picture.convert("L"))[200, :4].min() > 215


def test_earrings_come_in_pairs(jewelry: Drawn) -> None:
    for product in jewelry.products:
        if product.label != "earrings":
            continue
        grey = np.asarray(jewelry.picture(product).convert("L"), np.float32)
        dark = np.abs(grey - np.median(grey)) > 24
        left, right = dark[:, :200].sum(), dark[:, 200:].sum()
        assert dark[:, 192:208].mean() < 0.02, product.title
        assert 0.75 < left / right < 1.33, product.title


def test_drawing_again_gives_the_same_bytes(art: Drawn, jewelry: Drawn) -> None:
    for print_ in plan_prints()[7::37]:
        path = art.folder / print_.product.image
        assert jpeg(draw_print(print_)) == path.read_bytes()
    for piece in plan_pieces()[5::29]:
        path = jewelry.folder / piece.product.image
        assert jpeg(draw_piece(piece)) == path.read_bytes()


def test_drawings_of_an_older_version_are_replaced(jewelry: Drawn) -> None:
    assert not (jewelry.folder / "images" / "of-another-time.jpg").exists()
    with Image.open(jewelry.folder / "images" / "jewelry-rings-001.jpg") as image:
        assert image.size == (400, 400)


def test_a_complete_folder_is_left_alone(jewelry: Drawn) -> None:
    before = {path: path.stat().st_mtime_ns for path in jewelry.folder.rglob("*.*")}
    assert drawn(jewelry.folder, "jewelry").products == jewelry.products
    assert {path: path.stat().st_mtime_ns for path in jewelry.folder.rglob("*.*")} == before


def test_a_half_written_folder_is_completed(art: Drawn) -> None:
    lost = [art.folder / product.image for product in art.products[40:200:40]]
    whole = {path: path.read_bytes() for path in (*lost, art.folder / "products.csv")}
    kept = art.folder / art.products[0].image
    written = kept.stat().st_mtime_ns
    for path in whole:
        path.unlink()
    # A process number that no process can have: above the kernel's highest.
    torn = art.folder / "images" / ".writing-art-city-001.jpg.4999999"
    torn.write_bytes(b"\xff\xd8 torn")

    assert drawn(art.folder, "art").products == art.products

    assert {path: path.read_bytes() for path in whole} == whole
    assert kept.stat().st_mtime_ns == written
    assert not torn.exists()


def test_a_killed_run_leaves_only_whole_pictures_and_no_table(tmp_path: Path) -> None:
    script = "import sys, pathlib; from catalog.demo import draw_catalogue as d; "
    script += "d(pathlib.Path(sys.argv[1]), 'jewelry')"
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT)
    try:
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob("images/*.jpg"))) < 4:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    pictures = [path for path in tmp_path.glob("images/*.jpg") if not path.name.startswith(".")]
    assert 4 <= len(pictures) < 200
    for path in pictures:
        with Image.open(path) as image:
            image.load()
    assert not (tmp_path / "products.csv").exists()


def test_an_unknown_department_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'furniture'"):
        draw_catalogue(tmp_path / "demo", "furniture")
    assert not (tmp_path / "demo").exists()


def test_art_of_another_size_is_not_framed() -> None:
    art = np.zeros((10, 10, 3), np.uint8)
    with pytest.raises(ValueError, match="10 x 10"):
        framed(art, 300, 400, "oak", np.random.default_rng(1))


def test_samples_are_two_photos_of_pieces_not_in_the_catalogue(
    samples: list[Path], art: Drawn, jewelry: Drawn
) -> None:
    assert [path.suffix for path in samples] == [".jpg", ".jpg"]
    for path, catalogue in zip(samples, (art, jewelry), strict=True):
        assert path.read_bytes() not in {
            (catalogue.folder / product.image).read_bytes() for product in catalogue.products
        }
        with Image.open(path) as image:
            assert (image.format, image.size) == ("JPEG", (1200, 1500))
            assert np.asarray(image.convert("L"), np.float32).std() > 8


def test_samples_are_drawn_once(samples: list[Path]) -> None:
    written = [path.stat().st_mtime_ns for path in samples]
    assert draw_samples(samples[0].parent) == samples
    assert [path.stat().st_mtime_ns for path in samples] == written


def test_samples_are_the_same_every_time(samples: list[Path]) -> None:
    assert jpeg(wall_photo()) == samples[0].read_bytes()
    assert jpeg(table_photo()) == samples[1].read_bytes()


def test_the_print_hangs_in_the_middle_of_its_photo(samples: list[Path]) -> None:
    with Image.open(samples[0]) as image:
        colours = np.asarray(image.convert("RGB"), np.float32)
    wall, print_ = colours[40:160, 40:160], colours[1000:1060, 450:750]
    assert wall.mean(axis=(0, 1))[0] > wall.mean(axis=(0, 1))[2] + 15
    assert print_.mean() < wall.mean() - 60


def test_drawing_needs_no_django() -> None:
    script = "import sys, catalog.demo; print(sorted({'django', 'celery'} & set(sys.modules)))"
    finished = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == "[]"

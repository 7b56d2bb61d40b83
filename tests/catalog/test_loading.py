"""Importing products: what is new, what is known, and rows that cannot be taken."""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from catalog.loading import ImportReport, LoadingError, load_products
from catalog.models import Annotation, Label, Picture, Product, Source
from catalog.reading import ProductRow, read_products
from tests.factories import jpeg, load_catalogue, write_catalogue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


def load_lines(
    folder: Path, *products: Mapping[str, object], department: str | None = "art"
) -> ImportReport:
    """Import products given as JSON lines; their ids and titles are filled in."""
    file = folder / "products.jsonl"
    lines = [
        json.dumps({"external_id": f"art-{number}", "title": f"Piece {number}", **product})
        for number, product in enumerate(products)
    ]
    file.write_text("\n".join(lines))
    return load_products(
        read_products(file), source_name="test shop", folder=folder, department=department
    )


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, report.pictures


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_it_works(tmp_path: Path, media: Path) -> None:
    report = load_catalogue(tmp_path, 3)
    assert counts(report) == (3, 0, 0, 3)
    assert report.failed == report.pictures_failed == []
    product = Product.objects.get(external_id="art-1")
    assert product.source.name == "test shop"
    assert (product.title, product.department) == ("Piece 1", "art")
    assert (product.price, product.currency) == (Decimal("20.00"), "USD")
    assert product.url == "https://shop.example/art/1"
    picture = product.pictures.get()
    assert picture.reference == "images/1.jpg"
    assert (picture.width, picture.height, picture.position) == (160, 120, 0)
    assert picture.read().startswith(b"\xff\xd8")
    assert default_storage.exists(str(picture.thumbnail))
    # A file and a thumbnail for each picture, and nothing beside them.
    assert len(files(media)) == 6


def test_the_same_file_again_changes_nothing(tmp_path: Path, media: Path) -> None:
    load_catalogue(tmp_path, 3)
    products = list(Product.objects.values("pk", "title", "price", "public_id", "created_at"))
    pictures = list(Picture.objects.values())
    stored = {path: path.stat().st_mtime_ns for path in files(media)}
    assert counts(load_catalogue(tmp_path, 3)) == (0, 0, 3, 0)
    assert (
        list(Product.objects.values("pk", "title", "price", "public_id", "created_at")) == products
    )
    assert list(Picture.objects.values()) == pictures
    assert {path: path.stat().st_mtime_ns for path in files(media)} == stored
    assert Source.objects.count() == 1


@pytest.mark.parametrize("left", [None, b"\xff\xd8 and no more"], ids=["gone", "broken"])
def test_a_picture_whose_file_broke_comes_back(
    tmp_path: Path, media: Path, left: bytes | None
) -> None:
    load_catalogue(tmp_path, 3)
    picture = Picture.objects.all()[1]
    whole = picture.read()
    default_storage.delete(str(picture.file))
    default_storage.delete(str(picture.thumbnail))
    if left is not None:
        (media / str(picture.file)).write_bytes(left)
    Picture.objects.filter(pk=picture.pk).update(is_readable=False)
    assert counts(load_catalogue(tmp_path, 3)) == (0, 1, 2, 1)
    picture.refresh_from_db()
    assert picture.is_readable
    assert picture.read() == whole
    assert default_storage.exists(str(picture.thumbnail))
    assert counts(load_catalogue(tmp_path, 3)) == (0, 0, 3, 0)


def test_what_changed_is_updated(tmp_path: Path) -> None:
    load_catalogue(tmp_path, 3)
    report = load_catalogue(tmp_path, 3, price=["10.00", "25.50", "30.00"])
    assert counts(report) == (0, 1, 2, 0)
    assert Product.objects.get(external_id="art-1").price == Decimal("25.50")


def test_new_products_join_the_known_ones(tmp_path: Path) -> None:
    load_catalogue(tmp_path, 2)
    assert counts(load_catalogue(tmp_path, 3)) == (1, 0, 2, 1)


def test_a_repeated_id_adds_a_picture(tmp_path: Path) -> None:
    ids = ["one", "two", "one"]
    assert counts(load_catalogue(tmp_path, 3, external_id=ids)) == (2, 0, 0, 3)
    product = Product.objects.get(external_id="one")
    assert (product.title, product.price) == ("Piece 0", Decimal("10.00"))
    pictures = product.pictures.values_list("reference", "position")
    assert list(pictures) == [("images/0.jpg", 0), ("images/2.jpg", 1)]
    assert counts(load_catalogue(tmp_path, 3, external_id=ids)) == (0, 0, 2, 0)


def test_the_same_picture_twice_is_kept_once(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg())
    (tmp_path / "b.jpg").write_bytes(jpeg())
    assert counts(load_lines(tmp_path, {"images": ["a.jpg", "b.jpg"]})) == (1, 0, 0, 1)
    assert Picture.objects.get().reference == "a.jpg"


def test_two_products_share_one_picture_file(tmp_path: Path, media: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg())
    assert counts(load_lines(tmp_path, {"image": "a.jpg"}, {"image": "a.jpg"})) == (2, 0, 0, 2)
    assert len(files(media)) == 2


def test_what_a_file_lacks_stays_as_it_was(tmp_path: Path) -> None:
    known = {
        "url": "https://shop.example/0",
        "brand": "Shore Press",
        "description": "Waves.",
        "price": "40",
        "price_max": "60",
        "currency": "EUR",
        "availability": "in stock",
        "width_cm": "30",
        "height_cm": "40",
    }
    load_lines(tmp_path, known)
    fields = ("title", "source_id", "is_active", *known)
    before = Product.objects.values(*fields).get()
    assert before["price_max"] == Decimal(60)
    assert counts(load_lines(tmp_path, {})) == (0, 0, 1, 0)
    assert Product.objects.values(*fields).get() == before


def test_a_new_price_replaces_all_that_belongs_to_the_old(tmp_path: Path) -> None:
    load_lines(tmp_path, {"price": "40", "price_max": "60", "currency": "EUR"})
    load_lines(tmp_path, {"price": "70", "currency": "USD"})
    price = Product.objects.values_list("price", "price_max", "currency").get()
    assert price == (Decimal(70), None, "USD")


def test_a_product_that_was_withdrawn_comes_back(tmp_path: Path) -> None:
    load_catalogue(tmp_path, 2)
    Product.objects.filter(external_id="art-0").update(is_active=False)
    assert counts(load_catalogue(tmp_path, 2)) == (0, 1, 1, 0)
    assert Product.objects.active().count() == 2


def test_ids_are_unique_within_a_source_only(tmp_path: Path) -> None:
    load_catalogue(tmp_path, 2)
    file = write_catalogue(tmp_path, 2)
    report = load_products(read_products(file), source_name="other shop", folder=tmp_path)
    assert counts(report) == (2, 0, 0, 2)
    assert Product.objects.filter(external_id="art-0").count() == 2


def test_a_bad_row_is_reported_with_its_number_and_stops_nothing(tmp_path: Path) -> None:
    report = load_catalogue(tmp_path, 4, price=["10", "-5", "cheap", "40"])
    assert counts(report) == (2, 0, 0, 2)
    assert [failure["row"] for failure in report.failed] == [3, 4]
    assert report.failed[0]["reason"] == "price is negative"
    assert "cheap" in report.failed[1]["reason"]
    assert set(Product.objects.values_list("external_id", flat=True)) == {"art-0", "art-3"}


def test_a_row_that_the_database_refuses_stops_nothing(tmp_path: Path) -> None:
    good, bad, last = list(read_products(write_catalogue(tmp_path, 3)))
    assert isinstance(bad, ProductRow)
    rows = [good, replace(bad, price_max=Decimal(1)), last]
    report = load_products(rows, source_name="test shop", folder=tmp_path)
    assert counts(report) == (2, 0, 0, 2)
    [failure] = report.failed
    assert failure["row"] == 3
    assert "product_price_max_not_below_price" in failure["reason"]
    assert not Product.objects.filter(external_id="art-1").exists()


def test_a_known_product_stays_as_it_was_where_the_database_refuses(tmp_path: Path) -> None:
    load_catalogue(tmp_path, 1)
    [row] = read_products(tmp_path / "products.csv")
    assert isinstance(row, ProductRow)
    # The same row comes once more, whole: it has to be compared with what the database holds.
    rows = [replace(row, title="Bad", price_max=Decimal(1)), row]
    report = load_products(rows, source_name="test shop", folder=tmp_path)
    assert counts(report) == (0, 0, 1, 0)
    assert len(report.failed) == 1
    assert Product.objects.get().title == "Piece 0"


def test_an_address_written_in_capitals_stops_nothing(tmp_path: Path) -> None:
    report = load_lines(tmp_path, {"url": "HTTPS://Shop.example/0"}, {})
    assert Product.objects.filter(external_id="art-1").exists()
    assert report.created + len(report.failed) == 2


def test_an_unknown_department_in_a_row_is_reported(tmp_path: Path) -> None:
    report = load_lines(tmp_path, {"department": "furniture"}, {"department": "Jewelry"})
    assert report.failed == [{"row": 1, "reason": "unknown department 'furniture'"}]
    assert Product.objects.get().department == "jewelry"


def test_a_row_without_any_department_is_reported(tmp_path: Path) -> None:
    report = load_lines(tmp_path, {}, {"department": "art"}, department=None)
    [failure] = report.failed
    assert failure["row"] == 1
    assert "give one with --department" in failure["reason"]
    assert Product.objects.get().external_id == "art-1"


def test_an_unknown_department_for_the_file_is_refused(tmp_path: Path, media: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg())
    with pytest.raises(LoadingError, match="no department 'furniture': use one of art, jewelry"):
        load_lines(tmp_path, {"image": "a.jpg"}, department="furniture")
    assert not Source.objects.exists()
    assert not media.exists()


@pytest.mark.parametrize("name", ["", "  ", "a" * 121])
def test_a_source_without_a_usable_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(LoadingError, match="source needs a name of 1 to 120 characters"):
        load_products(
            read_products(write_catalogue(tmp_path, 1)), source_name=name, folder=tmp_path
        )
    assert not Source.objects.exists()


def test_an_id_of_another_department_is_refused(tmp_path: Path, media: Path) -> None:
    load_catalogue(tmp_path, 1)
    before = files(media)
    (tmp_path / "ring.jpg").write_bytes(jpeg(9))
    ring = {"external_id": "art-0", "title": "Ring", "image": "ring.jpg"}
    report = load_lines(tmp_path, ring, {"external_id": "r"}, department="jewelry")
    [failure] = report.failed
    assert failure["row"] == 1
    assert "is taken by a product of department art" in failure["reason"]
    product = Product.objects.get(external_id="art-0")
    assert (product.department, product.title) == ("art", "Piece 0")
    assert product.pictures.count() == 1
    assert files(media) == before
    assert Product.objects.filter(external_id="r", department="jewelry").exists()


def test_an_id_in_two_departments_of_one_file_keeps_the_first(tmp_path: Path) -> None:
    report = load_lines(
        tmp_path,
        {"external_id": "one", "department": "art"},
        {"external_id": "one", "department": "jewelry"},
    )
    assert [failure["row"] for failure in report.failed] == [2]
    assert Product.objects.get().department == "art"


def test_a_label_goes_to_the_pictures_of_its_row(tmp_path: Path) -> None:
    load_catalogue(tmp_path, 3, external_id=["a", "b", "a"], label=["water", "", "city"])
    annotations = Annotation.objects.order_by("picture__reference").values_list(
        "picture__reference", "label__name", "labeller__username"
    )
    assert list(annotations) == [
        ("images/0.jpg", "water", "source test shop"),
        ("images/2.jpg", "city", "source test shop"),
    ]
    assert counts(load_catalogue(tmp_path, 3, external_id=["a", "b", "a"]))[2] == 2


def test_another_label_in_the_file_replaces_the_first(tmp_path: Path) -> None:
    load_catalogue(tmp_path, 2, label=["water", "city"])
    assert counts(load_catalogue(tmp_path, 2, label=["abstract", "city"])) == (0, 1, 1, 0)
    assert Annotation.objects.agreed() == {
        Picture.objects.get(reference="images/0.jpg").pk: "abstract",
        Picture.objects.get(reference="images/1.jpg").pk: "city",
    }


def test_an_unknown_label_is_reported(tmp_path: Path) -> None:
    report = load_catalogue(tmp_path, 2, label=["waves", "water"])
    assert report.failed == [{"row": 2, "reason": "unknown label 'waves' in department art"}]
    assert Product.objects.get().external_id == "art-1"
    assert not Label.objects.filter(name="waves").exists()


def test_every_batch_is_told(tmp_path: Path) -> None:
    (row,) = read_products(write_catalogue(tmp_path, 1))
    assert isinstance(row, ProductRow)
    told: list[int] = []
    rows = [replace(row, row=n, external_id=str(n), images=()) for n in range(201)]
    report = load_products(rows, source_name="shop", folder=tmp_path, on_row=told.append)
    assert told == [200, 1]
    assert report.created == Product.objects.count() == 201

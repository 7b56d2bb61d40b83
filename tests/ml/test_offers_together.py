"""Imports, embedding and removal at once: no offer is missed, and nobody waits in a circle."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F

from catalog import loading
from catalog.loading import ImportReport, load_products
from catalog.models import Picture, Product
from catalog.reading import read_products
from ml.embedding import leave_out
from ml.models import Embedding, ModelVersion, Offer
from tests.factories import load_catalogue, write_catalogue
from tests.ml.rows import candidate, fill
from tests.waiting import beside, until_waiting

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 3
BACK: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"is_active": False}, {"is_active": True}),
    ({"availability": "out"}, {"availability": "in"}),
]
REMOVALS: dict[str, Callable[[], object]] = {
    "unreadable picture": lambda: leave_out(picture()),
    "embedding": lambda: Embedding.objects.get(picture=picture()).delete(),
    "picture": lambda: picture().delete(),
}


@pytest.fixture
def version(tmp_path: Path, media: Path) -> ModelVersion:
    """Return a version with a vector for each of three products that cost 10, 20 and 30 USD."""
    load_catalogue(tmp_path, COUNT)
    version = candidate()
    fill(version)
    return version


def product() -> Any:
    return Product.objects.filter(external_id="art-1")


def picture() -> Picture:
    return Picture.objects.get(product__external_id="art-1")


def is_on_offer(version: ModelVersion) -> bool:
    return Offer.objects.filter(version=version, product__external_id="art-1").exists()


def embed(version: ModelVersion, picture: Picture) -> None:
    """Store an embedding, whether or not its product is to be had."""
    Embedding.objects.create(
        picture=picture, product_id=picture.product_id, version=version, vector=[1.0] + [0.0] * 511
    )


@pytest.mark.parametrize(("gone", "back"), BACK, ids=["delisted", "sold out"])
def test_what_comes_back_while_it_is_embedded_is_on_offer(
    version: ModelVersion, gone: dict[str, Any], back: dict[str, Any]
) -> None:
    product().update(**gone)
    second = candidate()
    with transaction.atomic():
        embed(second, picture())
        returned = beside(lambda: product().update(**back))
        until_waiting(returned)
    assert returned.result(30) == 1
    assert is_on_offer(version)
    assert is_on_offer(second)


@pytest.mark.parametrize(("gone", "back"), BACK, ids=["delisted", "sold out"])
def test_what_is_embedded_while_it_comes_back_is_on_offer(
    version: ModelVersion, gone: dict[str, Any], back: dict[str, Any]
) -> None:
    product().update(**gone)
    second = candidate()
    with transaction.atomic():
        product().update(**back)
        embedded = beside(lambda: embed(second, picture()))
        until_waiting(embedded)
    embedded.result(30)
    assert is_on_offer(version)
    assert is_on_offer(second)


def test_what_goes_while_it_is_embedded_is_not_on_offer(version: ModelVersion) -> None:
    second = candidate()
    with transaction.atomic():
        product().update(availability="out")
        embedded = beside(lambda: embed(second, picture()))
        until_waiting(embedded)
    embedded.result(30)
    assert not is_on_offer(second)


@pytest.mark.parametrize("remove", REMOVALS.values(), ids=REMOVALS)
def test_what_is_removed_while_it_comes_back_is_gone(
    version: ModelVersion, remove: Callable[[], object]
) -> None:
    product().update(availability="out")
    with transaction.atomic():
        product().update(availability="in")
        removed = beside(remove)
        until_waiting(removed)
    removed.result(30)
    assert not is_on_offer(version)


@pytest.mark.parametrize("remove", REMOVALS.values(), ids=REMOVALS)
def test_what_comes_back_while_it_is_removed_is_gone(
    version: ModelVersion, remove: Callable[[], object]
) -> None:
    product().update(availability="out")
    with transaction.atomic():
        remove()
        returned = beside(lambda: product().update(availability="in"))
        until_waiting(returned)
    assert returned.result(30) == 1
    assert not is_on_offer(version)


def test_what_is_left_out_while_its_price_changes_takes_its_turn(version: ModelVersion) -> None:
    left = picture()
    with transaction.atomic():
        list(product().select_for_update(no_key=True))
        removed = beside(lambda: leave_out(left))
        until_waiting(removed)
        # What the price goes to is not locked yet, whatever the order of its rows.
        list(Offer.objects.filter(picture=left).select_for_update(nowait=True))
        product().update(price=Decimal(5))
        assert not removed.done()
    removed.result(30)
    assert not is_on_offer(version)


@pytest.mark.parametrize(
    "remove", [lambda: product().get().delete(), lambda: picture().delete()], ids=["product", "one"]
)
def test_what_is_removed_while_it_is_embedded_is_gone(
    version: ModelVersion, remove: Callable[[], object]
) -> None:
    second = candidate()
    with transaction.atomic():
        # As embedding holds it.
        held = Picture.objects.select_for_update(no_key=True).get(pk=picture().pk)
        embed(second, held)
        removed = beside(remove)
        until_waiting(removed)
    removed.result(30)
    assert not Embedding.objects.filter(picture=held.pk).exists()
    assert not is_on_offer(second)


def load_backwards(folder: Path) -> ImportReport:
    """Import the catalogue again, the last row first."""
    rows = list(read_products(write_catalogue(folder, COUNT)))
    return load_products(reversed(rows), source_name="test shop", folder=folder)


def embed_backwards(version: ModelVersion) -> None:
    Embedding.objects.bulk_create(
        Embedding(
            picture=picture, product_id=picture.product_id, version=version, vector=[1.0] * 512
        )
        for picture in Picture.objects.order_by("-pk")
    )


@pytest.mark.parametrize("way", ["import", "embedding"])
def test_products_are_locked_in_order(version: ModelVersion, tmp_path: Path, way: str) -> None:
    second = candidate()
    first, *others = Product.objects.order_by("pk")
    with transaction.atomic():
        Product.objects.select_for_update(no_key=True).get(pk=first.pk)
        work = beside(
            (lambda: load_backwards(tmp_path))
            if way == "import"
            else (lambda: embed_backwards(second))
        )
        until_waiting(work)
        assert not work.done()
        # Who waits for the first holds none of the others.
        list(Product.objects.filter(pk__in=[p.pk for p in others]).select_for_update(nowait=True))
    work.result(30)


@pytest.mark.parametrize("attempts", [5, 1])
def test_an_import_that_stood_in_anothers_way_begins_its_batch_anew(
    version: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attempts: int
) -> None:
    monkeypatch.setattr(loading, "ATTEMPTS", attempts)

    def load() -> ImportReport:
        with connection.cursor() as cursor:
            cursor.execute("SET deadlock_timeout = '2s'")
        file = write_catalogue(tmp_path, COUNT, price=["1", "2", "3"])
        return load_products(read_products(file), source_name="test shop", folder=tmp_path)

    with transaction.atomic(), connection.cursor() as cursor:
        # The other one is to give way, when two of its three rows are stored.
        cursor.execute("SET LOCAL deadlock_timeout = '1min'")
        list(Offer.objects.filter(product__external_id="art-2").select_for_update())
        loaded = beside(load)
        until_waiting(loaded)
        Product.objects.filter(external_id="art-0").update(price=F("price") + 1)
    report = loaded.result(30)
    prices = list(Product.objects.order_by("external_id").values_list("price", flat=True))
    if attempts == 1:
        assert (report.updated, report.unchanged) == (0, 0)
        assert [failure["row"] for failure in report.failed] == [2, 3, 4]
        assert all("import again" in failure["reason"] for failure in report.failed)
        assert prices == [11, 20, 30]
    else:
        assert (report.created, report.updated, report.unchanged) == (0, COUNT, 0)
        assert report.failed == report.pictures_failed == []
        assert prices == [1, 2, 3]
    assert list(Offer.objects.order_by("product__pk").values_list("price", flat=True)) == prices


def test_two_imports_of_a_source_at_once_take_turns(version: ModelVersion, tmp_path: Path) -> None:
    old, *_, new = read_products(write_catalogue(tmp_path, COUNT + 1))
    with transaction.atomic():
        Product.objects.select_for_update(no_key=True).get(external_id="art-0")

        def load(*rows: Any) -> Callable[[], ImportReport]:
            return lambda: load_products(rows, source_name="test shop", folder=tmp_path)

        one = beside(load(new, old))
        until_waiting(one)
        two = beside(load(new))
        until_waiting(one, two)
    reports = [one.result(30), two.result(30)]
    assert [report.failed for report in reports] == [[], []]
    assert [report.created for report in reports] == [1, 0]
    assert [report.unchanged for report in reports] == [1, 1]
    assert Picture.objects.count() == COUNT + 1

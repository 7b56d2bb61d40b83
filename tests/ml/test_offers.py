"""Offers: prices beside vectors, whoever changes either, and an index of vectors left alone."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest
from django.db import connection, transaction
from django.db.models import F

from catalog.loading import load_products
from catalog.models import Picture, Product
from catalog.reading import read_products
from ml.embedding import leave_out
from ml.indexes import create_index
from ml.models import Embedding, ModelVersion, Offer
from tests.factories import load_catalogue, write_catalogue
from tests.ml.rows import candidate, fill

COUNT = 6


@pytest.fixture
def version(db: None, tmp_path: Path, media: Path) -> ModelVersion:
    """Return a version with a vector for each of six products that cost 10, 20 … 60 USD."""
    load_catalogue(tmp_path, COUNT)
    version = candidate()
    fill(version)
    return version


def prices(version: ModelVersion) -> dict[str, Decimal | None]:
    """Return the price on offer by product, each with the product's own vector checked."""
    offers = Offer.objects.filter(version=version).select_related("embedding", "product")
    found = {}
    for offer in offers:
        assert offer.vector == offer.embedding.vector
        assert offer.picture_id == offer.embedding.picture_id
        assert offer.product_id == offer.embedding.product_id
        found[offer.product.external_id] = offer.price
    return found


ALL: dict[str, Decimal | None] = {
    f"art-{number}": Decimal(10 * (number + 1)) for number in range(COUNT)
}


def test_what_is_embedded_is_on_offer(version: ModelVersion) -> None:
    assert prices(version) == ALL
    assert set(Offer.objects.values_list("currency", flat=True)) == {"USD"}


def test_each_version_has_its_own(version: ModelVersion) -> None:
    second = candidate()
    assert prices(second) == {}
    fill(second)
    assert prices(second) == prices(version) == ALL


def test_a_price_takes_its_offers_along(version: ModelVersion) -> None:
    Product.objects.filter(external_id="art-0").update(price=Decimal("12.50"))
    Product.objects.filter(external_id="art-1").update(price=None, currency="EUR")
    assert prices(version) == {**ALL, "art-0": Decimal("12.50"), "art-1": None}
    assert Offer.objects.get(product__external_id="art-1").currency == "EUR"


@pytest.mark.parametrize(
    ("gone", "back"),
    [
        ({"is_active": False}, {"is_active": True}),
        ({"availability": "out"}, {"availability": "in"}),
        ({"availability": "out", "is_active": False}, {"availability": "in", "is_active": True}),
    ],
    ids=["delisted", "sold out", "both"],
)
def test_what_cannot_be_bought_is_not_on_offer(
    version: ModelVersion, gone: dict[str, object], back: dict[str, object]
) -> None:
    product = Product.objects.filter(external_id="art-2")
    product.update(**gone)
    assert prices(version) == {name: price for name, price in ALL.items() if name != "art-2"}
    product.update(price=Decimal(5))
    assert "art-2" not in prices(version)
    product.update(**back)
    assert prices(version) == {**ALL, "art-2": Decimal(5)}


def test_both_reasons_must_end(version: ModelVersion) -> None:
    product = Product.objects.filter(external_id="art-2")
    product.update(availability="out", is_active=False)
    product.update(is_active=True)
    assert "art-2" not in prices(version)
    product.update(availability="preorder")
    assert prices(version) == ALL


def test_what_is_embedded_while_it_is_sold_out_waits(version: ModelVersion) -> None:
    Product.objects.filter(external_id="art-3").update(availability="out")
    second = candidate()
    fill(second)
    assert "art-3" not in prices(second)
    Product.objects.update(availability="in")
    assert prices(second) == prices(version) == ALL


def test_an_import_carries_its_prices(version: ModelVersion, tmp_path: Path) -> None:
    file = write_catalogue(tmp_path, COUNT, price=[str(7 + number) for number in range(COUNT)])
    load_products(read_products(file), source_name="test shop", folder=tmp_path)
    assert prices(version) == {f"art-{number}": Decimal(7 + number) for number in range(COUNT)}


@pytest.mark.parametrize(
    "remove",
    [
        lambda: Product.objects.get(external_id="art-4").delete(),
        lambda: Picture.objects.get(product__external_id="art-4").delete(),
        lambda: leave_out(Picture.objects.get(product__external_id="art-4")),
        lambda: Embedding.objects.get(product__external_id="art-4").delete(),
    ],
    ids=["product", "picture", "unreadable picture", "embedding"],
)
def test_what_is_gone_is_not_on_offer(version: ModelVersion, remove: Callable[[], object]) -> None:
    remove()
    assert prices(version) == {name: price for name, price in ALL.items() if name != "art-4"}
    assert Embedding.objects.count() == COUNT - 1


def test_what_sql_deletes_is_not_on_offer(version: ModelVersion) -> None:
    second = candidate()
    fill(second)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ml_embedding WHERE version_id = %s", [second.pk])
    assert prices(second) == {}
    assert prices(version) == ALL


@pytest.mark.django_db(transaction=True)
def test_price_changes_leave_the_index_of_vectors_alone(version: ModelVersion) -> None:
    create_index(version)

    def state() -> list[object]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, ctid::text, xmin::text FROM ml_embedding ORDER BY id")
            rows: list[object] = cursor.fetchall()
            cursor.execute("SELECT pg_relation_size(to_regclass(%s))", [version.index_name])
            return [*rows, cursor.fetchone()]

    before = state()
    for _ in range(50):
        Product.objects.update(price=F("price") + 1)
    Product.objects.update(availability="out")
    Product.objects.update(availability="in")
    assert state() == before
    assert prices(version) == {name: price + 50 for name, price in ALL.items() if price}


@pytest.mark.django_db(transaction=True)
def test_a_price_that_changes_while_its_picture_is_embedded_is_not_missed(
    version: ModelVersion,
) -> None:
    second = candidate()
    changed: list[int] = []

    def change() -> None:
        try:
            changed.append(Product.objects.filter(external_id="art-5").update(price=Decimal(1)))
        finally:
            connection.close()

    thread = Thread(target=change)
    with transaction.atomic():
        fill(second)
        thread.start()
        thread.join(1)
        assert not changed, "the price waits for the embedding to commit"
    thread.join(30)
    assert prices(second) == {**ALL, "art-5": Decimal(1)}


@pytest.mark.django_db(transaction=True)
def test_an_embedding_that_comes_while_its_price_changes_sees_the_new_one(
    version: ModelVersion,
) -> None:
    second = candidate()

    def embed() -> None:
        try:
            fill(second)
        finally:
            connection.close()

    thread = Thread(target=embed)
    with transaction.atomic():
        Product.objects.filter(external_id="art-5").update(price=Decimal(1))
        thread.start()
        thread.join(1)
        assert thread.is_alive(), "the embedding waits for the price to commit"
    thread.join(30)
    assert prices(second) == {**ALL, "art-5": Decimal(1)}

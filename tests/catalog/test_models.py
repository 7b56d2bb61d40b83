"""What the database itself refuses, and the reads over products."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import Model

from catalog.models import Annotation, Label, Picture, Product, Source

pytestmark = pytest.mark.django_db


def make_product(number: int = 0, **fields: Any) -> Product:
    source, _ = Source.objects.get_or_create(name="test shop")
    return Product.objects.create(
        **{
            "source": source,
            "department": "art",
            "external_id": str(number),
            "title": f"Piece {number}",
            **fields,
        }
    )


def make_picture(product: Product, sha256: str = "a" * 64, **fields: Any) -> Picture:
    return Picture.objects.create(
        **{
            "product": product,
            "file": f"pictures/{sha256}.jpg",
            "thumbnail": f"thumbnails/{sha256}.jpg",
            "sha256": sha256,
            "perceptual_hash": 0,
            "width": 160,
            "height": 120,
            **fields,
        }
    )


def assert_refused(constraint: str, model: type[Model], **fields: Any) -> None:
    """Assert that the constraint lets no row be changed so."""
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        model._default_manager.update(**fields)


def test_it_works() -> None:
    product = make_product(
        price=Decimal("10.00"),
        price_max=Decimal("10.00"),
        url="https://shop.example/0",
        width_cm=Decimal("30.50"),
        height_cm=Decimal("40"),
    )
    make_picture(product)
    product.refresh_from_db()
    assert product.price_max == product.price == Decimal(10)
    assert str(product) == "Piece 0"


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("product_department_known", {"department": "furniture"}),
        ("product_department_known", {"department": ""}),
        ("product_price_positive", {"price": Decimal("-0.01")}),
        ("product_price_positive", {"price": Decimal(0)}),
        ("product_price_max_not_below_price", {"price": 10, "price_max": Decimal("9.99")}),
        ("product_size_positive", {"width_cm": Decimal(-1)}),
        ("product_size_positive", {"height_cm": Decimal(0)}),
        ("product_currency_code", {"currency": "usd"}),
        ("product_currency_code", {"currency": "$"}),
        ("product_url_is_web", {"url": "javascript:alert(1)"}),
        ("product_url_is_web", {"url": " https://shop.example/"}),
        ("product_url_is_web", {"url": "data:text/html,https://shop.example/"}),
    ],
)
def test_the_database_refuses_a_product(constraint: str, fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make_product(**fields)
    make_product()
    assert_refused(constraint, Product, **fields)
    assert Product.objects.count() == 1


def test_an_id_comes_once_in_a_source() -> None:
    make_product(1)
    make_product(1, source=Source.objects.create(name="other shop"))
    with pytest.raises(IntegrityError, match="product_once_a_source"), transaction.atomic():
        make_product(1, department="jewelry")


def test_a_picture_comes_once_in_a_product() -> None:
    one, two = make_product(1), make_product(2)
    make_picture(one)
    make_picture(two)
    with pytest.raises(IntegrityError, match="picture_once_a_product"), transaction.atomic():
        make_picture(one)


@pytest.mark.parametrize("side", ["width", "height"])
def test_a_picture_has_a_size(side: str) -> None:
    make_picture(make_product())
    assert_refused("picture_has_size", Picture, **{side: 0})


def test_a_label_comes_once_in_a_department() -> None:
    Label.objects.create(department="jewelry", name="water")
    with pytest.raises(IntegrityError, match="label_name_once"), transaction.atomic():
        Label.objects.create(department="art", name="water")


def test_a_key_serves_one_label_of_a_department() -> None:
    Label.objects.create(department="art", name="street")
    Label.objects.create(department="art", name="portrait")
    with pytest.raises(IntegrityError, match="label_hotkey_once"), transaction.atomic():
        Label.objects.create(department="art", name="food", hotkey="1")


def test_a_label_belongs_to_a_department_of_ours() -> None:
    with pytest.raises(IntegrityError, match="label_department_known"), transaction.atomic():
        Label.objects.create(department="furniture", name="chairs")


def test_a_person_labels_a_picture_once() -> None:
    picture = make_picture(make_product())
    anna = get_user_model().objects.create(username="anna")
    Annotation.objects.create(picture=picture, labeller=anna)
    with pytest.raises(IntegrityError, match="annotation_once_each"), transaction.atomic():
        Annotation.objects.create(
            picture=picture, labeller=anna, label=Label.objects.get(name="water")
        )


def test_priced_takes_both_ends_and_leaves_out_what_has_no_price() -> None:
    for number, price in enumerate([None, 10, 20, 30]):
        make_product(number, price=price)
    make_product(9, price=20, currency="EUR")

    def ids(low: int | None, high: int | None) -> list[str]:
        found = Product.objects.priced(
            None if low is None else Decimal(low), None if high is None else Decimal(high), "USD"
        )
        return sorted(found.values_list("external_id", flat=True))

    assert ids(10, 20) == ["1", "2"]
    assert ids(20, None) == ["2", "3"]
    assert ids(None, 10) == ["1"]
    assert ids(None, None) == ["0", "1", "2", "3", "9"]


def test_available_leaves_out_what_is_sold_out_only() -> None:
    for availability in Product.Availability.values:
        make_product(external_id=availability, availability=availability)
    left = Product.objects.available().values_list("external_id", flat=True)
    assert set(left) == {"in", "preorder", "unknown"}

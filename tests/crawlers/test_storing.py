"""Batches of a crawl: what is stored, and what is left as it was."""

import dataclasses
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Annotation, Department, Label, Picture, PriceChange, Product
from catalog.photos import clean_photo
from crawlers.items import ItemImage, ProductItem
from crawlers.models import CategoryRule, PictureLink
from crawlers.storing import Asked, Storing
from tests.crawlers.running import make_run
from tests.crawlers.shops import draw

pytestmark = pytest.mark.django_db


def item(number: int = 1, **values: Any) -> ProductItem:
    given = {
        "external_id": str(number),
        "title": f"Piece {number}",
        "url": f"https://a.example/{number}",
        "price": Decimal("20.00"),
        "currency": "EUR",
        "category": "Prints",
        "images": (ItemImage(f"https://a.example/{number}.jpg", 0),),
        "availability": "in",
        **values,
    }
    return ProductItem(**given)


def store(*items: ProductItem, department: str = "art") -> Storing:
    storing = Storing(make_run(department=department))
    storing.store(items)
    storing.run.fail("over")
    return storing


def counts(storing: Storing) -> tuple[int, int, int, int]:
    counted = storing.counts
    return counted.created, counted.updated, counted.unchanged, counted.failed


def test_it_works() -> None:
    storing = store(item(1), item(2, brand="A brand", availability="out"))
    assert counts(storing) == (2, 0, 0, 0)
    first, second = Product.objects.order_by("external_id")
    assert (first.title, first.price, first.currency) == ("Piece 1", Decimal("20.00"), "EUR")
    assert (first.department, first.source.name) == (Department.ART, "a shop")
    assert (second.brand, second.availability) == ("A brand", "out")
    assert [link.url for link in storing.wanted()] == [
        "https://a.example/1.jpg",
        "https://a.example/2.jpg",
    ]


def test_what_did_not_change_is_not_written() -> None:
    store(item(1), item(2))
    with CaptureQueriesContext(connection) as queries:
        again = Storing(make_run())
        begun = len(queries)
        again.store([item(1), item(2)])
    assert counts(again) == (0, 0, 2, 0)
    written = [one["sql"] for one in queries.captured_queries[begun:]]
    assert [sql for sql in written if sql.split()[0] in ("INSERT", "UPDATE", "DELETE")] == []


def test_a_price_change_is_kept_with_its_time() -> None:
    store(item(1))
    storing = store(item(1, price=Decimal("25.00")))
    assert counts(storing) == (0, 1, 0, 0)
    change = PriceChange.objects.get()
    assert (change.price_before, change.price) == (Decimal("20.00"), Decimal("25.00"))
    assert (change.currency_before, change.currency) == ("EUR", "EUR")
    assert change.created_at >= change.product.created_at


def test_another_title_is_no_price_change() -> None:
    store(item(1))
    assert counts(store(item(1, title="A better one"))) == (0, 1, 0, 0)
    assert not PriceChange.objects.exists()


def test_a_value_that_is_missing_erases_none() -> None:
    store(item(1, brand="A brand", description="Words"))
    poorer = item(1, price=None, currency="", category="", availability="unknown")
    assert counts(store(poorer)) == (0, 0, 1, 0)
    product = Product.objects.get()
    assert (product.price, product.currency, product.brand) == (Decimal("20.00"), "EUR", "A brand")
    assert (product.category, product.availability) == ("Prints", "in")


def test_the_first_of_two_with_one_id_counts() -> None:
    storing = store(item(1), item(1, title="The same once more"))
    assert counts(storing) == (1, 0, 0, 0)
    assert Product.objects.get().title == "Piece 1"


def test_what_the_database_refuses_costs_itself_alone() -> None:
    storing = store(item(1), item(2, currency="euros"), item(3))
    assert counts(storing) == (2, 0, 0, 1)
    assert {one.external_id for one in Product.objects.all()} == {"1", "3"}


def test_texts_that_are_too_long_are_cut() -> None:
    store(item(1, title="long " * 200, category="deep > " * 100))
    product = Product.objects.get()
    assert len(product.title) == 500
    assert len(product.category) == 200


def test_what_comes_back_is_on_the_shelf_again() -> None:
    store(item(1))
    Product.objects.update(is_active=False)
    storing = store(item(1))
    assert storing.counts.relisted == 1
    assert Product.objects.get().is_active


def test_a_product_without_department_is_left_out() -> None:
    storing = store(item(1), department="")
    assert not Product.objects.exists()
    assert storing.counts.reasons == {"no department": 1}


def test_rules_say_department_and_label() -> None:
    earrings = Label.objects.get(department="jewelry", name="earrings")
    CategoryRule.objects.create(words="earrings", department="jewelry", label=earrings)
    storing = store(item(1, category="Gold > Earrings"), item(2), department="art")
    first, second = Product.objects.order_by("external_id")
    assert (first.department, second.department) == ("jewelry", "art")
    with_picture(storing, first)
    with_picture(storing, second)
    annotation = Annotation.objects.get()
    assert (annotation.label, annotation.picture.product) == (earrings, first)
    assert annotation.labeller.username == "source a shop"


@pytest.mark.parametrize(
    ("category", "department", "label"),
    [
        ("Jewelry > Ear Studs", "jewelry", "earrings"),
        ("Gold Pendants", "jewelry", "necklaces"),
        ("Bangles", "jewelry", "bracelets"),
        ("Signet ring", "jewelry", "rings"),
        ("Watches", "jewelry", "watches"),
        ("Jewellery", "jewelry", None),
        ("Home > Wall Art", "art", None),
    ],
)
def test_the_first_rules_know_common_categories(
    category: str, department: str, label: str | None
) -> None:
    storing = store(item(1, category=category), department="")
    product = Product.objects.get()
    assert product.department == department
    with_picture(storing, product)
    labels = Annotation.objects.values_list("label__name", flat=True)
    assert list(labels) == ([label] if label else [])


def test_categories_that_no_rule_catches_are_counted() -> None:
    storing = store(item(1, category="Mugs"), item(2, category="Mugs"), item(3, category="Rings"))
    assert storing.counts.uncaught == {"Mugs": 2}
    # The crawl's own department takes them all the same.
    assert set(Product.objects.values_list("department", flat=True)) == {"art", "jewelry"}


def test_a_changed_rule_changes_what_the_source_said() -> None:
    earrings = Label.objects.get(department="jewelry", name="earrings")
    rings = Label.objects.get(department="jewelry", name="rings")
    rule = CategoryRule.objects.create(words="gold", department="jewelry", label=earrings)
    storing = store(item(1, category="Gold"))
    with_picture(storing, Product.objects.get())
    rule.label = rings
    rule.save()
    store(item(1, category="Gold"))
    assert Annotation.objects.get().label == rings


def with_picture(storing: Storing, product: Product, number: int = 7) -> PictureLink:
    """Store a picture for the product's first link."""
    link = PictureLink.objects.select_related("product", "picture").get(product=product)
    photo = clean_photo(draw(number))
    storing.store_pictures([Asked(link, photo=photo, etag='"a"', modified="then")])
    return link


def test_a_picture_is_stored_and_not_wanted_again() -> None:
    storing = store(item(1))
    link = with_picture(storing, Product.objects.get())
    picture = Picture.objects.get()
    assert (picture.reference, picture.position) == ("https://a.example/1.jpg", 0)
    assert picture.read().startswith(b"\xff\xd8")
    link.refresh_from_db()
    assert (link.picture, link.etag, link.modified) == (picture, '"a"', "then")
    assert not Storing(make_run()).wanted().exists()


def test_a_picture_that_failed_is_tried_again_in_the_next_run() -> None:
    storing = store(item(1))
    (link,) = storing.wanted()
    storing.store_pictures([Asked(link, failure="answered 500")])
    assert not storing.wanted().exists()
    assert PictureLink.objects.get().failure == "answered 500"
    assert Storing(make_run()).wanted().get() == link


def test_a_picture_whose_file_broke_is_stored_anew() -> None:
    storing = store(item(1))
    with_picture(storing, Product.objects.get())
    Picture.objects.update(is_readable=False)
    again = Storing(make_run())
    assert again.wanted().count() == 1
    with_picture(again, Product.objects.get())
    assert Picture.objects.get().is_readable


def test_the_same_picture_at_two_addresses_is_one() -> None:
    images = tuple(ItemImage(f"https://a.example/{name}.jpg", n) for n, name in enumerate("ab"))
    storing = store(item(1, images=images))
    photo = clean_photo(draw(1))
    storing.store_pictures([Asked(link, photo=photo) for link in storing.wanted()])
    assert Picture.objects.get().position == 0
    assert PictureLink.objects.exclude(picture=None).count() == 2


def test_pictures_follow_the_shops_order() -> None:
    images = (ItemImage("https://a.example/a.jpg", 0), ItemImage("https://a.example/b.jpg", 1))
    storing = store(item(1, images=images))
    storing.store_pictures(
        [Asked(link, photo=clean_photo(draw(link.position))) for link in storing.wanted()]
    )
    turned = tuple(dataclasses.replace(one, position=1 - one.position) for one in images)
    store(item(1, images=turned))
    assert [one.reference[-5:] for one in Picture.objects.order_by("position")] == [
        "b.jpg",
        "a.jpg",
    ]


def test_a_product_has_twenty_pictures_at_most() -> None:
    images = tuple(ItemImage(f"https://a.example/{n}.jpg", n) for n in range(25))
    store(item(1, images=images))
    links = PictureLink.objects.order_by("position").values_list("position", flat=True)
    assert list(links) == list(range(20))


def test_addresses_that_no_browser_opens_are_left_out() -> None:
    long = "https://a.example/" + "a" * 2000
    images = (ItemImage(f"{long}.jpg", 0), ItemImage("https://a.example/1.jpg", 1))
    store(item(1, url="javascript:alert(1)", images=images), item(2, url=long))
    assert list(Product.objects.values_list("url", flat=True)) == ["", ""]
    first = PictureLink.objects.filter(product__external_id="1")
    assert [link.url for link in first] == ["https://a.example/1.jpg"]


def test_pictures_of_what_is_off_the_shelf_are_not_asked_for() -> None:
    storing = store(item(1), item(2))
    Product.objects.filter(external_id="1").update(is_active=False)
    assert [link.product.external_id for link in storing.wanted()] == ["2"]


def test_a_stored_picture_is_asked_for_again_after_thirty_days() -> None:
    with_picture(store(item(1)), Product.objects.get())
    for days, wanted in ((29, 0), (31, 1)):
        PictureLink.objects.update(checked_at=timezone.now() - timedelta(days=days))
        again = Storing(make_run())
        assert again.wanted().count() == wanted
        again.run.fail("over")
    # A failure then changes nothing of it: the next run asks again.
    (link,) = again.wanted()
    again.store_pictures([Asked(link, failure="answered 500")])
    link.refresh_from_db()
    assert (link.etag, link.modified, link.failure) == ('"a"', "then", "answered 500")
    assert Storing(make_run()).wanted().count() == 1
    assert Picture.objects.count() == 1


def test_categories_are_counted_up_to_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawlers.storing.MOST_CATEGORIES", 2)
    storing = store(*(item(n, category=f"Mugs {n % 3}") for n in range(6)))
    assert storing.counts.uncaught == {"Mugs 0": 2, "Mugs 1": 2}

"""Every list of the admin answers, shows pictures, finds, and asks no more for more rows."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Annotation, Label, Picture, Product, Source
from ml.models import ModelVersion, TrainingRun
from recommendations.models import Submission
from tests.factories import load_catalogue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

APPS = ("catalog", "ml", "recommendations")
# What the page of a source sends where nothing is crawled of it.
NO_CRAWLS = {"crawls-TOTAL_FORMS": "0", "crawls-INITIAL_FORMS": "0"}
LISTED = [model for model in admin.site._registry if model._meta.app_label in APPS]
WITH_PICTURES = [Product, Picture, Annotation]
IMAGE = re.compile(r'<img src="(/pictures/[0-9a-f]{64}\.jpg)"')


@pytest.fixture
def client(client: Client) -> Client:
    """Return a browser in which a superuser is logged in."""
    client.force_login(get_user_model().objects.create_superuser("owner"))
    return client


def fill(folder: Path, count: int) -> None:
    """Have ``count`` rows, or more, of all that is listed; called again it adds what lacks."""
    load_catalogue(folder, count)
    label = Label.objects.get(department="art", name="water")
    labellers = [
        get_user_model().objects.get_or_create(username=name)[0] for name in ("anna", "ben")
    ]
    for picture in Picture.objects.all():
        for labeller in labellers:
            Annotation.objects.get_or_create(
                picture=picture, labeller=labeller, defaults={"label": label}
            )
    for number in range(TrainingRun.objects.count(), count):
        Source.objects.create(name=f"shop {number}")
        Label.objects.create(department="art", name=f"group {number}")
        run = TrainingRun.objects.create(department="art", state="done")
        version = ModelVersion.objects.create(
            department="art",
            number=number + 1,
            backbone="autoencoder",
            training_run=run,
            metrics={"accuracy": 0.5},
        )
        Submission.objects.create(
            department="art",
            state="done",
            photo=f"photos/{number}.jpg",
            photo_width=160,
            photo_height=120,
            price_max=Decimal(60),
            version=version,
        )


def address(model: type[Model], **query: str) -> str:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    return reverse(name, query=query)


def shown(client: Client, model: type[Model], **query: str) -> str:
    """Return the list's page; a query that the admin does not know leads elsewhere and fails."""
    response = client.get(address(model, **query))
    assert isinstance(response, HttpResponse)
    assert response.status_code == 200
    return response.content.decode()


def rows(page: str) -> int:
    return len(re.findall(r'class="action-select"', page))


def queries(client: Client, model: type[Model]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        shown(client, model)
    return [query["sql"] for query in captured.captured_queries]


def test_it_works(client: Client, tmp_path: Path) -> None:
    fill(tmp_path, 2)
    page = shown(client, Product)
    assert "Piece 0" in page
    assert "Piece 1" in page
    assert rows(page) == 2


def test_nobody_else_gets_in(tmp_path: Path) -> None:
    response = Client().get(address(Product))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("admin:login"))


@pytest.mark.parametrize("model", LISTED, ids=lambda model: model.__name__)
def test_an_empty_list_answers(client: Client, model: type[Model]) -> None:
    shown(client, model)


def test_more_rows_take_no_more_queries(client: Client, tmp_path: Path) -> None:
    fill(tmp_path, 3)
    few = {}
    for model in LISTED:
        before = rows(shown(client, model))
        few[model] = (before, len(queries(client, model)))
    fill(tmp_path, 30)
    for model, (before, count) in few.items():
        many = queries(client, model)
        assert rows(shown(client, model)) >= before + 27
        assert len(many) <= count, "\n".join([model.__name__, *many])


@pytest.mark.parametrize("model", WITH_PICTURES, ids=lambda model: model.__name__)
def test_rows_show_their_pictures(client: Client, tmp_path: Path, model: type[Model]) -> None:
    fill(tmp_path, 3)
    page = shown(client, model)
    pictures = IMAGE.findall(page)
    assert len(pictures) == rows(page) >= 3
    assert len(set(pictures)) == 3
    response = client.get(pictures[0])
    assert response["Content-Type"] == "image/jpeg"
    assert b"".join(response).startswith(b"\xff\xd8")


def test_a_product_without_a_picture_says_so(client: Client) -> None:
    source = Source.objects.create(name="shop")
    Product.objects.create(source=source, department="art", external_id="1", title="Bare")
    page = shown(client, Product)
    assert "no picture" in page
    assert not IMAGE.search(page)


def test_a_product_page_shows_its_pictures(client: Client, tmp_path: Path) -> None:
    load_catalogue(tmp_path, 2, external_id=["a", "a"])
    product = Product.objects.get()
    response = client.get(reverse("admin:catalog_product_change", args=[product.pk]))
    assert response.status_code == 200
    assert len(IMAGE.findall(response.content.decode())) == 2


def test_an_address_without_a_scheme_is_taken_as_secure(client: Client) -> None:
    response = client.post(
        reverse("admin:catalog_source_add"), {"name": "shop", "url": "shop.example", **NO_CRAWLS}
    )
    assert response.status_code == 302
    assert Source.objects.get().url == "https://shop.example"


@pytest.mark.parametrize("model", LISTED, ids=lambda model: model.__name__)
def test_a_row_has_a_page(client: Client, tmp_path: Path, model: type[Model]) -> None:
    fill(tmp_path, 1)
    row = model._default_manager.first()
    assert row is not None
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    assert client.get(reverse(name, args=[row.pk])).status_code == 200


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (Source, "test sh"),
        (Product, "piece 2"),
        (Product, "art-2"),
        (Picture, "images/2.jpg"),
        (Picture, "Piece 2"),
        (Label, "botanical"),
    ],
)
def test_search_finds_one(client: Client, tmp_path: Path, model: type[Model], text: str) -> None:
    fill(tmp_path, 3)
    assert rows(shown(client, model, q=text)) == 1
    assert rows(shown(client, model, q="nothing of the kind")) == 0


def test_search_finds_a_picture_by_its_hash(client: Client, tmp_path: Path) -> None:
    fill(tmp_path, 3)
    sha256 = Picture.objects.get(reference="images/1.jpg").sha256
    page = shown(client, Picture, q=sha256)
    assert rows(page) == 1
    assert "Piece 1" in page


def test_search_finds_the_labels_of_a_picture(client: Client, tmp_path: Path) -> None:
    fill(tmp_path, 3)
    assert rows(shown(client, Annotation, q="Piece 2")) == 2


def test_products_are_filtered(client: Client, tmp_path: Path) -> None:
    load_catalogue(tmp_path, 3, availability=["in stock", "sold out", ""])
    Product.objects.filter(external_id="art-2").update(is_active=False)
    shop = Source.objects.get()
    other = Source.objects.create(name="other shop")
    Product.objects.create(source=other, department="jewelry", external_id="r", title="Ring")

    def found(**query: str) -> set[str]:
        return set(re.findall(r">(Piece \d|Ring)<", shown(client, Product, **query)))

    assert found() == {"Piece 0", "Piece 1", "Piece 2", "Ring"}
    assert found(department__exact="jewelry") == {"Ring"}
    assert found(source__id__exact=str(shop.pk)) == {"Piece 0", "Piece 1", "Piece 2"}
    assert found(availability__exact="out") == {"Piece 1"}
    assert found(is_active__exact="0") == {"Piece 2"}


def test_pictures_are_filtered_by_label_and_come_once(client: Client, tmp_path: Path) -> None:
    fill(tmp_path, 3)
    water = Label.objects.get(name="water")
    city = Label.objects.get(name="city")
    Annotation.objects.filter(picture__reference="images/0.jpg").update(label=city)
    query = "annotations__label__id__exact"
    assert rows(shown(client, Picture, **{query: str(water.pk)})) == 2
    assert rows(shown(client, Picture, **{query: str(city.pk)})) == 1
    assert rows(shown(client, Picture, product__department__exact="jewelry")) == 0
    assert rows(shown(client, Picture, is_readable__exact="1")) == 3


def test_labels_are_filtered_by_department(client: Client) -> None:
    page = shown(client, Label, department__exact="jewelry")
    assert "earrings" in page
    assert rows(page) == Label.objects.filter(department="jewelry").count() == 6


@pytest.mark.parametrize("model", [TrainingRun, Submission], ids=lambda model: model.__name__)
def test_work_is_filtered_by_state(
    client: Client, tmp_path: Path, model: type[TrainingRun] | type[Submission]
) -> None:
    fill(tmp_path, 3)
    model._default_manager.filter(pk=model._default_manager.latest("pk").pk).update(
        state="failed", error="The photo was deleted."
    )
    page = shown(client, model, state__exact="failed")
    assert rows(page) == 1
    assert "The photo was deleted." in page


def test_versions_are_filtered_by_state(client: Client, tmp_path: Path) -> None:
    fill(tmp_path, 3)
    ModelVersion.objects.filter(number=2).update(state="live")
    page = shown(client, ModelVersion, state__exact="live")
    assert rows(page) == 1
    assert "art 2" in page
    assert "0.500" in page


def test_visitors_photos_are_not_shown(client: Client, tmp_path: Path) -> None:
    fill(tmp_path, 1)
    submission = Submission.objects.get()
    page = shown(client, Submission)
    page += client.get(
        reverse("admin:recommendations_submission_change", args=[submission.pk])
    ).content.decode()
    assert "photos/" not in page
    assert submission.token not in page

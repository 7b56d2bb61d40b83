"""The API's products, what is similar to them, and the description of all of it."""

from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver
from django.utils.regex_helper import normalize
from pytest_django import DjangoAssertNumQueries

from catalog.models import Product, Source
from recommendations.api.urls import urlpatterns
from tests.recommendations.helpers import add_products, near, new_version

pytestmark = pytest.mark.django_db

URL = "/api/products/"


def listed(client: Client, **filters: Any) -> list[str]:
    response = client.get(URL, filters)
    assert response.status_code == 200, response.content
    return [product["title"] for product in response.json()["results"]]


def similar(client: Client, product: Product, **wishes: Any) -> Any:
    return client.get(f"{URL}{product.public_id}/similar/", wishes)


@pytest.fixture
def products() -> list[Product]:
    """Return a cheap and a dear print, one sold out, one in euros, one gone, and a ring."""
    version = new_version(live=True)
    fields: list[dict[str, Any]] = [
        {"title": "A calm sea", "price": 20},
        {"title": "A wild sea", "price": 80},
        {"title": "A quiet sea", "price": 30, "availability": "out"},
        {"title": "A warm sea", "price": 30, "currency": "EUR"},
        {"title": "A lost sea", "price": 30, "is_active": False},
    ]
    made = [
        add_products(version, [near(0.1 * place, axis=1 + place)], **one)[0]
        for place, one in enumerate(fields, start=1)
    ]
    return made + add_products(
        new_version("jewelry", live=True), [near(0.1)], title="A ring", price=60
    )


def test_it_works(client: Client, products: list[Product]) -> None:
    page = client.get(URL).json()
    assert page["count"] == 5
    assert [one["title"] for one in page["results"]] == [
        "A ring",
        "A warm sea",
        "A quiet sea",
        "A wild sea",
        "A calm sea",
    ]
    sea = page["results"][-1]
    assert sea["id"] == str(products[0].public_id)
    assert (sea["price"], sea["currency"], sea["source"]) == ("20.00", "USD", "vector shop")
    picture = products[0].pictures.get()
    assert sea["images"] == [f"http://testserver/pictures/{picture.sha256}.jpg"]
    assert client.get(f"{URL}{sea['id']}/").json() == sea


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        ({"department": "jewelry"}, ["A ring"]),
        ({"price_max": "30"}, ["A quiet sea", "A calm sea"]),
        ({"price_min": "60"}, ["A ring", "A wild sea"]),
        ({"price_min": "61", "price_max": "80.00"}, ["A wild sea"]),
        ({"q": "WARM"}, ["A warm sea"]),
        ({"q": "100%"}, []),
        ({"source": "nobody"}, []),
        ({"department": "art", "available": "true"}, ["A warm sea", "A wild sea", "A calm sea"]),
        ({"department": "", "price_min": "", "q": "ring"}, ["A ring"]),
    ],
    ids=str,
)
def test_filters_narrow_the_list(
    client: Client, products: list[Product], filters: dict[str, str], titles: list[str]
) -> None:
    assert listed(client, **filters) == titles


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"department": "garden"}, "department"),
        ({"price_min": "50", "price_max": "20"}, "price_max"),
        ({"price_max": "NaN"}, "price_max"),
        ({"price_min": "-1"}, "price_min"),
        ({"available": "perhaps"}, "available"),
        ({"q": "a\x00b"}, "q"),
        ({"q": "x" * 201}, "q"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_filters_are_refused(client: Client, filters: dict[str, str], field: str) -> None:
    response = client.get(URL, filters)
    assert response.status_code == 400
    assert list(response.json()) == [field]


def bare_products(count: int) -> None:
    source = Source.objects.create(name="many")
    Product.objects.bulk_create(
        Product(source=source, department="art", external_id=str(number), title=f"No. {number}")
        for number in range(count)
    )


def test_pages_lead_on(client: Client) -> None:
    bare_products(30)
    first = client.get(URL).json()
    assert len(first["results"]) == 24
    second = client.get(first["next"]).json()
    assert [one["title"] for one in second["results"]] == [f"No. {n}" for n in range(5, -1, -1)]
    assert second["next"] is None
    assert listed(client, limit=2, offset=3) == ["No. 26", "No. 25"]


def test_a_page_has_an_upper_limit(client: Client) -> None:
    bare_products(101)
    assert len(listed(client, limit=100_000)) == 100


def test_a_page_past_the_end_is_empty(client: Client) -> None:
    bare_products(1)
    assert listed(client, offset=10**30) == []


def test_a_longer_list_takes_no_more_queries(
    client: Client, products: list[Product], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(3):
        assert len(listed(client, limit=1)) == 1
    with django_assert_num_queries(3):
        assert len(listed(client)) == 5


def test_similar_products_come_nearest_first(client: Client, products: list[Product]) -> None:
    calm, wild, _sold_out, warm, *_ = products
    found = similar(client, calm).json()
    assert [one["rank"] for one in found] == [1, 2]
    assert [one["product"]["id"] for one in found] == [str(wild.public_id), str(warm.public_id)]
    assert 0 < found[0]["distance"] < found[1]["distance"]


def test_similar_products_keep_to_the_price(client: Client, products: list[Product]) -> None:
    _calm, wild, *_ = products
    found = similar(client, wild, price_max="30", count="1").json()
    assert [one["product"]["title"] for one in found] == ["A calm sea"]
    assert Decimal(found[0]["product"]["price"]) <= 30


def test_similar_products_come_in_pages(client: Client, products: list[Product]) -> None:
    calm, _wild, _sold_out, warm, *_ = products
    [second] = similar(client, calm, count="1", offset="1").json()
    assert second["rank"] == 2
    assert second["product"]["id"] == str(warm.public_id)
    assert similar(client, calm, count="1", offset="2").json() == []
    assert similar(client, calm, count="24", offset="264").json() == []


def test_similar_products_of_a_label(client: Client) -> None:
    version = new_version(live=True)
    version.label_names = ["city", "water"]
    version.save()
    vectors = [near(0.1 * place, axis=place) for place in range(1, 6)]
    first, *others = add_products(version, vectors, label=lambda place: place % 2)
    found = similar(client, first, label="water").json()
    assert [one["product"]["id"] for one in found] == [
        str(others[place].public_id) for place in (0, 2)
    ]


@pytest.mark.parametrize(
    ("wishes", "field"),
    [
        ({"count": "0"}, "count"),
        ({"count": "25"}, "count"),
        ({"offset": "-1"}, "offset"),
        ({"offset": "265"}, "offset"),
        ({"price_max": "-1"}, "price_max"),
        ({"label": "mist"}, "label"),
    ],
    ids=str,
)
def test_bad_wishes_for_similar_products_are_refused(
    client: Client, products: list[Product], wishes: dict[str, str], field: str
) -> None:
    response = similar(client, products[0], **wishes)
    assert response.status_code == 400
    assert list(response.json()) == [field]


def test_what_is_not_embedded_yet_says_so(client: Client) -> None:
    (product,) = add_products(new_version(), [near(0.1)])
    response = similar(client, product)
    assert response.status_code == 503
    assert "not embedded yet" in response.json()["detail"]


@pytest.mark.parametrize("path", ["{}/", "{}/similar/"])
def test_an_unknown_product_is_not_found(client: Client, path: str) -> None:
    response = client.get(URL + path.format(uuid4()))
    assert response.status_code == 404
    assert list(response.json()) == ["detail"]


def test_the_schema_is_valid_and_lists_every_path(tmp_path: Path) -> None:
    file = tmp_path / "schema.yml"
    call_command("spectacular", file=str(file), validate=True, fail_on_warn=True)
    described = yaml.safe_load(file.read_text())["paths"]
    offered = {
        "/api/" + (normalize(str(pattern.pattern.regex.pattern))[0][0] % _names(pattern))
        for pattern in urlpatterns
        if pattern.name not in {"schema", "docs"}
    }
    assert set(described) == offered
    assert set(described["/api/submissions/"]) == {"post"}
    assert set(described["/api/submissions/{token}/"]) == {"get", "delete"}
    assert set(described["/api/submissions/"]["post"]["responses"]) == {"202", "400", "413", "503"}


def _names(pattern: Any) -> dict[str, str]:
    return {name: f"{{{name}}}" for name in pattern.pattern.regex.groupindex}


def test_schema_and_docs_are_served(client: Client) -> None:
    assert get_resolver().resolve("/api/docs/").view_name == "api:docs"
    docs = client.get("/api/docs/")
    assert docs.status_code == 200
    assert b"swagger-ui" in docs.content
    schema = client.get("/api/schema/")
    assert schema.status_code == 200
    assert b"/api/submissions/" in schema.content

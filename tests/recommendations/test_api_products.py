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
from ml.models import ModelVersion
from recommendations.api.urls import urlpatterns
from recommendations.search import PAGED
from tests.recommendations.helpers import add_products, near, new_version

pytestmark = pytest.mark.django_db

URL = "/api/products/"


def listed(client: Client, **filters: Any) -> list[str]:
    response = client.get(URL, filters)
    assert response.status_code == 200, response.content
    return [product["title"] for product in response.json()["results"]]


def similar(client: Client, product: Product, **wishes: Any) -> Any:
    return client.get(f"{URL}{product.public_id}/similar/", wishes)


def found(client: Client, product: Product, **wishes: Any) -> Any:
    response = similar(client, product, **wishes)
    assert response.status_code == 200, response.content
    return response.json()["results"]


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
        ({"currency": "EUR"}, "currency"),
        ({"limit": "0"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"offset": "-1"}, "offset"),
        ({"pricemax": "20"}, "pricemax"),
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
    first, second = found(client, calm)
    assert (first["rank"], second["rank"]) == (1, 2)
    assert first["product"]["id"] == str(wild.public_id)
    assert second["product"]["id"] == str(warm.public_id)
    assert 0 < first["distance"] < second["distance"]


def test_similar_products_keep_to_the_price(client: Client, products: list[Product]) -> None:
    _calm, wild, *_ = products
    (cheap,) = found(client, wild, price_max="30", count="1")
    assert cheap["product"]["title"] == "A calm sea"
    assert Decimal(cheap["product"]["price"]) <= 30


@pytest.mark.parametrize(
    ("wishes", "price"),
    [
        ({"price_max": "30"}, "80.00"),
        ({"price_max": "30", "count": "1"}, None),
        ({"price_max": "30", "offset": "1"}, "80.00"),
        # What costs more is nothing to have: in euros, sold out, or gone.
        ({"price_max": "80"}, None),
        ({"price_min": "90"}, None),
    ],
    ids=str,
)
def test_too_few_similar_products_tell_the_next_price(
    client: Client, products: list[Product], wishes: dict[str, str], price: str | None
) -> None:
    version = ModelVersion.objects.live().in_department("art").get()
    (asked,) = add_products(version, [near(0.7, axis=9)], title="A dark sea", price=70)
    # Its own price is no hint.
    assert similar(client, asked, **wishes).json()["next_price"] == price


def test_the_next_price_is_of_the_label(client: Client) -> None:
    version = new_version(live=True)
    version.label_names = ["city", "water"]
    version.save()
    vectors = [near(0.1 * place, axis=place) for place in range(1, 6)]
    asked, *_ = add_products(
        version,
        vectors,
        label=lambda place: place % 2,
        price=lambda place: [95, 60, 70, 80, 90][place],
    )
    for label, price in (("water", "60.00"), ("city", "70.00")):
        answer = similar(client, asked, label=label, price_max="50").json()
        assert answer == {"next_price": price, "results": []}
    # Its own, of 95, is none to have.
    assert similar(client, asked, label="city", price_max="90").json()["next_price"] is None


def test_the_last_page_tells_no_next_price(client: Client) -> None:
    """Pages end after so many pieces, whatever costs more."""
    version = new_version(live=True)
    vectors = [near(0.2 + 0.001 * place, axis=place) for place in range(1, PAGED + 2)]
    asked, *_ = add_products(version, vectors, price=lambda place: 90 if place == PAGED else 10)
    ends = {"price_max": "20", "count": "24"}
    last = similar(client, asked, **ends, offset=str(PAGED - 24)).json()
    assert (last["next_price"], len(last["results"])) == ("90.00", 23)
    add_products(version, [near(0.6, axis=400), near(0.61, axis=401)])
    for offset, count in ((PAGED - 24, 24), (PAGED - 12, 12), (PAGED, 0)):
        page = similar(client, asked, **ends, offset=str(offset)).json()
        assert (page["next_price"], len(page["results"])) == (None, count)


def test_similar_products_come_in_pages(client: Client, products: list[Product]) -> None:
    calm, _wild, _sold_out, warm, *_ = products
    [second] = found(client, calm, count="1", offset="1")
    assert second["rank"] == 2
    assert second["product"]["id"] == str(warm.public_id)
    assert found(client, calm, count="1", offset="2") == []
    assert found(client, calm, count="24", offset="264") == []


def test_similar_products_of_a_label(client: Client) -> None:
    version = new_version(live=True)
    version.label_names = ["city", "water"]
    version.save()
    vectors = [near(0.1 * place, axis=place) for place in range(1, 6)]
    first, *others = add_products(version, vectors, label=lambda place: place % 2)
    assert [one["product"]["id"] for one in found(client, first, label="water")] == [
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
        ({"currency": "EUR"}, "currency"),
        ({"limit": "4"}, "limit"),
    ],
    ids=str,
)
def test_bad_wishes_for_similar_products_are_refused(
    client: Client, products: list[Product], wishes: dict[str, str], field: str
) -> None:
    response = similar(client, products[0], **wishes)
    assert response.status_code == 400
    assert list(response.json()) == [field]


def test_the_currency_of_the_site_may_be_named(client: Client, products: list[Product]) -> None:
    assert listed(client, price_max="25", currency="usd") == ["A calm sea"]
    (cheap,) = found(client, products[1], price_max="30", currency="USD")
    assert cheap["product"]["title"] == "A calm sea"


def test_another_currency_is_refused_with_the_one_there_is(
    client: Client, products: list[Product]
) -> None:
    for response in (
        client.get(URL, {"currency": "EUR"}),
        similar(client, products[0], currency="EUR"),
        client.post("/api/submissions/", {"department": "art", "currency": "EUR"}),
    ):
        assert response.status_code == 400
        assert response.json() == {
            "currency": ["Prices are in USD here: name them in that, and no other."]
        }


def test_what_is_no_parameter_is_refused_with_those_there_are(
    client: Client, products: list[Product]
) -> None:
    prices = "There is no such parameter: use price_min, price_max, currency, "
    refused = client.get(URL, {"price": "20", "q": "sea", "shop": "nobody"})
    told = f"{prices}department, source, q, available, limit, offset."
    assert (refused.status_code, refused.json()) == (400, {"price": [told], "shop": [told]})
    refused = similar(client, products[0], type="ring")
    told = f"{prices}count, offset, label."
    assert (refused.status_code, refused.json()) == (400, {"type": [told]})


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
    answers = {
        path: {verb: set(operation["responses"]) for verb, operation in operations.items()}
        for path, operations in described.items()
    }
    product = "/api/products/{public_id}/"
    assert answers == {
        "/api/submissions/": {"post": {"202", "400", "413", "503"}},
        "/api/submissions/{token}/": {"get": {"200", "404"}, "delete": {"204", "404"}},
        "/api/products/": {"get": {"200", "400"}},
        product: {"get": {"200", "404"}},
        f"{product}similar/": {"get": {"200", "400", "404", "503"}},
    }
    named = [one["name"] for one in described["/api/products/"]["get"]["parameters"]]
    assert sorted(named) == sorted({*named, "limit", "offset", "currency"})


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

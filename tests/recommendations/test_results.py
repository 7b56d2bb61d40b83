"""The result page, its pictures and walls, as a browser without JavaScript shows them."""

import xml.etree.ElementTree as ET
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import IntegrityError
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from catalog.models import Product
from ml.models import ModelVersion
from recommendations.models import Submission
from recommendations.walls import price_text
from tests.conftest import Encoders
from tests.factories import load_catalogue
from tests.recommendations.helpers import (
    Elements,
    add_products,
    answered,
    ask,
    content,
    files,
    near,
    new_version,
)

pytestmark = pytest.mark.django_db

SVG = "{http://www.w3.org/2000/svg}"


def page(client: Client, submission: Submission, **headers: str) -> str:
    response = client.get(submission.get_absolute_url(), headers=headers)
    assert response.status_code == 200
    text: str = response.content.decode()
    return text


def test_it_works(client: Client, art: ModelVersion, media: Path) -> None:
    submission = ask(price_min=Decimal(20), price_max=Decimal(100), count=4)
    waiting = page(client, submission)
    assert "waits for its turn" in waiting
    assert f'hx-get="/r/{submission.token}/"' in waiting
    assert '<noscript><meta http-equiv="refresh"' in waiting

    found = page(client, answered(submission))
    assert "hx-get" not in found
    assert "http-equiv" not in found
    elements = Elements(found)
    assert "4 prints that belong with yours" in elements.words()
    for match in submission.matches.select_related("product"):
        assert match.product.title in elements.words()
        assert price_text(match.product) in elements.words()
        links = [link for link in elements.all("a") if link["href"] == match.product.url]
        assert {link["target"] for link in links} == {"_blank"}
        assert all("noopener" in link["rel"] for link in links)
    assert len([svg for svg in elements.all("svg") if svg.get("class") == "wall"]) == 3
    for image in elements.all("img") + elements.all("image"):
        address = image.get("src") or image["href"]
        assert content(client.get(address)).startswith(b"\xff\xd8")


def test_waiting_takes_one_query(
    client: Client, media: Path, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    submission = ask()
    with django_assert_num_queries(1):
        page(client, submission)


def test_a_result_is_for_who_has_its_address_alone(client: Client, art: ModelVersion) -> None:
    submission = answered(ask())
    result = submission.get_absolute_url()
    for address in (result, f"{result}photo.jpg", f"{result}print.jpg", f"{result}wall-row.svg"):
        response = client.get(address)
        assert response.status_code == 200
        assert response["Cache-Control"] == "private, no-store"
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert content(response)
    # By its name in storage a photo cannot be had.
    assert client.get(f"/{submission.photo}").status_code == 404
    assert client.get(f"/media/{submission.photo}").status_code == 404


def test_htmx_gets_the_part_that_fills_itself_in(client: Client, media: Path) -> None:
    submission = ask()
    fragment = page(client, submission, **{"HX-Request": "true"})
    assert "<html" not in fragment
    tag, attributes = Elements(fragment).found[0]
    assert (tag, attributes["id"]) == ("div", "result")
    assert 'hx-trigger="every 1s"' in fragment
    assert "HX-Request" in client.get(submission.get_absolute_url())["Vary"]
    assert fragment.strip() in page(client, submission)


def test_while_a_worker_looks_the_page_says_so(client: Client, media: Path) -> None:
    submission = ask(price_max=Decimal(70))
    Submission.objects.claim(submission.pk)
    found = page(client, submission)
    assert "comparing your piece with every print up to $70" in Elements(found).words()
    assert "hx-get" in found


def test_what_failed_can_be_tried_again(client: Client, media: Path) -> None:
    submission = answered(ask())
    failed = page(client, submission)
    assert "We could not finish this one" in failed
    assert "no trained encoder" in failed
    assert "hx-get" not in failed
    again = f"{submission.get_absolute_url()}retry/"
    assert again in {form.get("action") for form in Elements(failed).all("form")}
    response = client.post(again)
    assert (response.status_code, response["Location"]) == (302, submission.get_absolute_url())
    submission.refresh_from_db()
    assert (submission.state, submission.error) == ("queued", "")


@pytest.mark.parametrize("action", ["retry", "delete"])
def test_a_link_changes_nothing(client: Client, media: Path, action: str) -> None:
    submission = ask()
    response = client.get(f"{submission.get_absolute_url()}{action}/")
    assert response.status_code == 405
    assert Submission.objects.filter(pk=submission.pk).exists()


def test_nothing_under_the_price_tells_the_next_price(client: Client, art: ModelVersion) -> None:
    words = Elements(page(client, answered(ask(price_max=Decimal("9.5"))))).words()
    assert "Nothing fits up to $9.50" in words
    assert "The next piece costs $10." in words


def test_too_few_under_the_price_tell_the_next_price(client: Client, art: ModelVersion) -> None:
    words = Elements(page(client, answered(ask(price_max=Decimal(20), count=5)))).words()
    assert "You asked for 5; only 2 fit. The next piece costs $30." in words


def test_doubts_are_told(client: Client, art: ModelVersion) -> None:
    submission = answered(ask())
    for confidence, is_weak in ((0.4, True), (0.95, False)):
        Submission.objects.filter(pk=submission.pk).update(
            label="water", confidence=confidence, is_weak=is_weak
        )
        words = Elements(page(client, submission)).words()
        assert ("Nothing here is really close." in words) is is_weak
        assert ("Perhaps water" in words) is is_weak
        assert ("Water, almost certainly" in words) is not is_weak


def test_jewelry_lies_side_by_side(
    client: Client, media: Path, tmp_path: Path, small_encoders: Encoders
) -> None:
    load_catalogue(tmp_path / "shop", 4, "jewelry")
    small_encoders.version("jewelry", live=True)
    elements = Elements(page(client, answered(ask("jewelry"))))
    assert "4 similar pieces" in elements.words()
    assert "$10" in elements.words()
    assert not [svg for svg in elements.all("svg") if svg.get("class") == "wall"]


def test_a_wall_can_be_kept(client: Client, art: ModelVersion) -> None:
    submission = answered(ask(count=5))
    response = client.get(f"{submission.get_absolute_url()}wall-salon.svg")
    assert response["Content-Type"] == "image/svg+xml"
    assert response["Content-Disposition"] == 'attachment; filename="wall-salon.svg"'
    drawing = ET.fromstring(response.content)
    images = [image.attrib["href"] for image in drawing.iter(f"{SVG}image")]
    assert len(images) == 6
    assert all(image.startswith("data:image/jpeg;base64,") for image in images)
    assert client.get(f"{submission.get_absolute_url()}wall-spiral.svg").status_code == 404


def test_deleting_deletes_everything(
    client: Client,
    media: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    submission = ask()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(f"{submission.get_absolute_url()}delete/")
    assert response.status_code == 200
    assert "Your photo is gone" in response.content.decode()
    assert client.get(submission.get_absolute_url()).status_code == 404
    assert not Submission.objects.exists()
    assert files(media) == []


def test_a_picture_that_was_never_cut_is_not_found(client: Client, art: ModelVersion) -> None:
    picture = Product.objects.earliest("pk").pictures.get()
    response = client.get(picture.thumbnail_url)
    assert "immutable" in response["Cache-Control"]
    assert content(response).startswith(b"\xff\xd8")
    missing = client.get(f"/pictures/{picture.sha256}/print.jpg")
    assert missing.status_code == 404
    assert "immutable" not in missing.get("Cache-Control", "")


HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>]]>"
HOSTILE_LINK = 'https://shop.example/"onclick="alert(3)'


def test_a_hostile_product_is_inert(
    client: Client, media: Path, tmp_path: Path, small_encoders: Encoders
) -> None:
    load_catalogue(tmp_path / "shop", 3, title=[HOSTILE] * 3)
    Product.objects.update(brand=HOSTILE, url=HOSTILE_LINK)
    small_encoders.version("art", live=True)
    submission = answered(ask())
    assert submission.matches.count() == 3
    elements = Elements(page(client, submission))
    assert "<script>alert(1)</script>" in elements.text
    assert all(script.get("src", "").startswith("/static/") for script in elements.all("script"))
    for _, attributes in elements.found:
        assert not [name for name in attributes if name.startswith("on")]
    links = [link["href"] for link in elements.all("a")]
    assert all(link.startswith(("/", "#", "https://shop.example/")) for link in links)
    assert HOSTILE_LINK in links

    wall = client.get(f"{submission.get_absolute_url()}wall-row.svg")
    drawing = ET.fromstring(wall.content)
    assert not list(drawing.iter(f"{SVG}script"))
    for element in drawing.iter():
        assert not [name for name in element.attrib if name.startswith("on")]
        assert element.attrib.get("href", "https://").startswith(("https://", "data:image/jpeg"))


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//shop.example"])
def test_a_link_that_is_none_cannot_be_stored(url: str) -> None:
    (product,) = add_products(new_version(), [near(0.1)])
    with pytest.raises(IntegrityError):
        Product.objects.filter(pk=product.pk).update(url=url)


@pytest.mark.parametrize(
    ("price", "currency", "text"),
    [
        ("42", "USD", "$42"),
        ("19.5", "EUR", "€19.50"),
        ("1234.56", "GBP", "£1,234.56"),
        ("1000000", "CHF", "CHF 1,000,000"),
        ("0.05", "USD", "$0.05"),
    ],
)
def test_a_price_reads_the_same_on_the_page_and_on_the_wall(
    price: str, currency: str, text: str
) -> None:
    product = Product(price=Decimal(price).quantize(Decimal("0.01")), currency=currency)
    context = {"amount": product.price, "currency": currency}
    shown = Elements(render_to_string("recommendations/_price.html", context)).words()
    assert price_text(product) == shown == text

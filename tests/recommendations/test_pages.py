"""The pages as a visitor's browser meets them, without JavaScript."""

import xml.etree.ElementTree as ET
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from catalog.models import Product
from ml.models import ModelVersion
from recommendations.models import Submission
from recommendations.walls import price_text
from tests.conftest import Encoders
from tests.factories import load_catalogue
from tests.recommendations.helpers import BAD_PHOTOS, answered, ask, content, files, upload

pytestmark = pytest.mark.django_db

SVG = "{http://www.w3.org/2000/svg}"


def post(client: Client, **fields: Any) -> Any:
    given = {"photo": upload(), "department": "art", **fields}
    return client.post("/", {name: value for name, value in given.items() if value is not None})


def page(client: Client, submission: Submission, **headers: str) -> str:
    response = client.get(submission.get_absolute_url(), headers=headers)
    assert response.status_code == 200
    text: str = response.content.decode()
    return text


class Elements(HTMLParser):
    """Collect a page's elements and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]

    def words(self) -> str:
        return " ".join(self.text.split())


def test_it_works(client: Client, art: ModelVersion, media: Path) -> None:
    response = post(client, price_min="20", price_max="100", count="4")
    assert response.status_code == 302
    submission = Submission.objects.get()
    assert response["Location"] == f"/r/{submission.token}/"
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


def test_the_front_page_asks_for_a_photo(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 200
    elements = Elements(response.content.decode())
    names = {field.get("name") for field in elements.all("input") + elements.all("select")}
    assert names >= {"photo", "department", "price_min", "price_max", "count"}
    (form,) = [form for form in elements.all("form") if form.get("id") == "ask"]
    assert (form["method"], form["enctype"]) == ("post", "multipart/form-data")


def test_pages_keep_to_a_strict_policy(client: Client) -> None:
    response = client.get("/")
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    elements = Elements(response.content.decode())
    assert all(script.get("src", "").startswith("/static/") for script in elements.all("script"))
    assert not elements.all("style")
    assert not any("style" in attributes for _, attributes in elements.found)


def test_a_form_of_another_site_is_refused(media: Path) -> None:
    response = post(Client(enforce_csrf_checks=True))
    assert response.status_code == 403
    assert "nothing was stored" in response.content.decode()
    assert not Submission.objects.exists()
    assert files(media) == []


@pytest.mark.parametrize("case", BAD_PHOTOS)
def test_what_is_no_photo_is_refused(client: Client, media: Path, case: str) -> None:
    make, says = BAD_PHOTOS[case]
    assert_refused(post(client, photo=upload(make())), media, says)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"photo": None}, "Choose a photo first."),
        ({"photo": "a text"}, "Choose a photo first."),
        ({"department": None}, "This field is required."),
        ({"department": "garden"}, "There is no department “garden”."),
        ({"price_min": "50", "price_max": "20"}, "The lowest price (50) is above the highest (20)"),
        ({"price_min": "-1"}, "greater than or equal to 0"),
        ({"price_max": "NaN"}, "Enter a number."),
        ({"price_max": "Infinity"}, "Enter a number."),
        ({"price_max": "1e400"}, "less than or equal to"),
        ({"price_max": "99999999999"}, "less than or equal to"),
        ({"price_max": "1.999"}, "2 decimal places"),
        ({"price_max": "cheap"}, "Enter a number."),
        ({"count": "0"}, "greater than or equal to 1"),
        ({"count": "25"}, "less than or equal to 24"),
        ({"count": "some"}, "Enter a whole number."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_wishes_are_refused(
    client: Client, media: Path, fields: dict[str, Any], says: str
) -> None:
    assert_refused(post(client, **fields), media, says)


def assert_refused(response: Any, media: Path, says: str) -> None:
    assert response.status_code == 400
    assert says in Elements(response.content.decode()).words()
    assert not Submission.objects.exists()
    assert files(media) == []


def test_a_post_of_nothing_says_what_is_missing(client: Client, media: Path) -> None:
    assert_refused(client.post("/"), media, "This field is required.")


def test_what_was_right_is_kept_beside_a_mistake(client: Client, media: Path) -> None:
    response = post(
        client,
        department="jewelry",
        price_min="70",
        price_max='"><script>alert(1)</script>',
        count="12",
    )
    elements = Elements(response.content.decode())
    fields = {field.get("name"): field for field in elements.all("input") if "value" in field}
    assert fields["price_min"]["value"] == "70"
    assert fields["price_max"]["value"] == '"><script>alert(1)</script>'
    assert "checked" in fields["department"]
    assert fields["department"]["value"] == "jewelry"
    assert [one["value"] for one in elements.all("option") if "selected" in one] == ["12"]
    assert_refused(response, media, "Enter a number.")


def test_a_photo_over_the_limit_is_refused(client: Client, media: Path, settings: Settings) -> None:
    settings.PHOTO_MAX_BYTES = 1024 * 1024
    response = post(client, photo=upload(bytes(1024 * 1024 + 1)))
    assert_refused(response, media, "larger than 1 MB")


def test_a_body_over_the_limit_is_refused_before_it_is_read(
    client: Client, media: Path, settings: Settings
) -> None:
    settings.PHOTO_MAX_BYTES = 1024 * 1024
    response = client.generic("POST", "/", CONTENT_LENGTH=str(10**15))
    assert response.status_code == 413
    assert "up to 1 MB" in response.content.decode()


def test_a_full_queue_says_when_to_come_back(
    client: Client, media: Path, settings: Settings
) -> None:
    settings.QUEUE_LIMIT = 1
    waiting = ask()
    response = post(client, price_max="70")
    assert response.status_code == 503
    assert response["Retry-After"] == "60"
    elements = Elements(response.content.decode())
    assert "Please try again in a minute." in elements.words()
    assert "70" in {field.get("value") for field in elements.all("input")}
    assert files(media) == [str(waiting.photo)]


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
        response.close()
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


@pytest.mark.parametrize(
    "path",
    [
        f"/r/{'x' * 43}/",
        "/r/short/",
        f"/r/{'x' * 43}/photo.jpg",
        f"/r/{'x' * 43}/wall-row.svg",
        f"/pictures/{'0' * 64}.jpg",
        f"/pictures/{'0' * 64}/large.jpg",
        f"/pictures/{'0' * 64}/print.jpg",
        "/pictures/../../secret_key.jpg",
        "/pictures/%2e%2e%2f%2e%2e%2fsecret_key.jpg",
        f"/pictures/{'../' * 21}a.jpg",
        f"/pictures/{'A' * 64}.jpg",
        "/nothing",
    ],
)
def test_what_is_not_there_is_not_found(client: Client, media: Path, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "There is nothing at this address" in response.content.decode()


def test_a_picture_that_was_never_cut_is_not_found(client: Client, art: ModelVersion) -> None:
    picture = Product.objects.earliest("pk").pictures.get()
    response = client.get(picture.thumbnail_url)
    assert "immutable" in response["Cache-Control"]
    assert content(response).startswith(b"\xff\xd8")
    missing = client.get(f"/pictures/{picture.sha256}/print.jpg")
    assert missing.status_code == 404
    assert "immutable" not in missing.get("Cache-Control", "")


def test_health_names_the_live_versions(client: Client, art: ModelVersion) -> None:
    response = client.get("/healthz/")
    assert response.json() == {"status": "ok", "live_versions": {"art": art.number}}


HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>]]>"


def test_a_hostile_product_is_inert(
    client: Client, media: Path, tmp_path: Path, small_encoders: Encoders
) -> None:
    load_catalogue(
        tmp_path / "shop",
        3,
        title=[HOSTILE] * 3,
        url=["javascript:alert(3)", 'https://shop.example/" onclick="alert(4)', "data:text/html,x"],
    )
    Product.objects.update(brand=HOSTILE)
    small_encoders.version("art", live=True)
    submission = answered(ask())
    assert submission.matches.count() == Product.objects.count() > 0
    elements = Elements(page(client, submission))
    assert "<script>alert(1)</script>" in elements.text
    assert all(script.get("src", "").startswith("/static/") for script in elements.all("script"))
    for _, attributes in elements.found:
        assert not [name for name in attributes if name.startswith("on")]
    links = [link["href"] for link in elements.all("a")]
    assert all(link.startswith(("/", "#", "https://shop.example/")) for link in links)

    wall = client.get(f"{submission.get_absolute_url()}wall-row.svg")
    drawing = ET.fromstring(wall.content)
    assert not list(drawing.iter(f"{SVG}script"))
    for element in drawing.iter():
        assert not [name for name in element.attrib if name.startswith("on")]
        assert not element.attrib.get("href", "").startswith(("javascript:", "data:text"))


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

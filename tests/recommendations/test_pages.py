"""The front page and what it sends, as a browser without JavaScript does it."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from recommendations.models import Submission
from tests.recommendations.helpers import BAD_PHOTOS, Elements, ask, files, new_version, upload

pytestmark = pytest.mark.django_db


def post(client: Client, **fields: Any) -> Any:
    given = {"photo": upload(), "department": "art", **fields}
    return client.post("/", {name: value for name, value in given.items() if value is not None})


def test_it_works(client: Client, media: Path) -> None:
    response = post(client, price_min="20", price_max="99.90", count="4")
    assert response.status_code == 302
    submission = Submission.objects.get()
    assert response["Location"] == f"/r/{submission.token}/"
    assert (submission.state, submission.department, submission.count) == ("queued", "art", 4)
    assert (submission.price_min, submission.price_max) == (Decimal(20), Decimal("99.90"))
    assert files(media) == [str(submission.photo)]
    assert client.get(response["Location"]).status_code == 200


def test_only_a_photo_has_to_be_given(client: Client, media: Path) -> None:
    assert post(client, price_min="", price_max="", count="").status_code == 302
    submission = Submission.objects.get()
    assert (submission.price_min, submission.price_max, submission.count) == (None, None, 8)


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


def test_health_names_the_live_versions(client: Client) -> None:
    new_version("art")
    new_version("art", live=True)
    response = client.get("/healthz/")
    assert response.json() == {"status": "ok", "live_versions": {"art": 2}}

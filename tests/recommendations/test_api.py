"""The API as a program meets it: submissions, their refusals, and errors as JSON."""

import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from catalog.photos import stop_decoder
from ml.models import ModelVersion
from recommendations import intake
from recommendations.models import Submission, new_token
from tests.factories import jpeg
from tests.recommendations.helpers import BAD_PHOTOS, answered, ask, content, files, upload

pytestmark = pytest.mark.django_db

URL = "/api/submissions/"


def post(client: Client, **fields: Any) -> Any:
    """Post a photo and wishes; a field that is None is left out."""
    given = {"photo": upload(), "department": "art", **fields}
    return client.post(URL, {name: value for name, value in given.items() if value is not None})


def briefly(value: object) -> str:
    return str(value)[:40]


def assert_refused(response: Any, media: Path, field: str, says: str = "") -> None:
    assert response.status_code == 400, response.content
    assert response["Content-Type"] == "application/json"
    reasons = response.json()
    assert list(reasons) == [field]
    assert says in " ".join(reasons[field])
    assert not Submission.objects.exists()
    assert files(media) == []


def test_it_works(
    client: Client,
    art: ModelVersion,
    media: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    response = post(client, price_min="20", price_max="100", count="4")
    assert response.status_code == 202
    created = response.json()
    assert set(created) == {"token", "state", "url"}
    assert created["state"] == "queued"
    assert created["url"] == f"http://testserver/r/{created['token']}/"
    answered(Submission.objects.get(token=created["token"]))

    address = f"{URL}{created['token']}/"
    response = client.get(address)
    assert response["Cache-Control"] == "private, no-store"
    result = response.json()
    assert (result["state"], result["error"], result["department"]) == ("done", "", "art")
    assert (result["price_min"], result["price_max"], result["count"]) == ("20.00", "100.00", 4)
    assert result["label"] in art.label_names
    assert 0 < result["confidence"] <= 1
    assert result["model_version"] == art.number
    assert [match["rank"] for match in result["matches"]] == [1, 2, 3, 4]
    for match in result["matches"]:
        assert 20 <= Decimal(match["price"]) <= 100
        assert match["currency"] == "USD"
        assert match["url"].startswith("https://shop.example/art/")
        assert match["source"] == "test shop"
        assert content(client.get(match["image"])).startswith(b"\xff\xd8")
    assert result["wall_svg"].startswith("<?xml")
    assert set(result["walls"]) == {"salon", "row", "grid"}
    for wall in result["walls"].values():
        assert client.get(wall).status_code == 200

    with django_capture_on_commit_callbacks(execute=True):
        assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404
    assert not Submission.objects.exists()
    assert files(media) == []


def test_what_waits_says_so(client: Client, media: Path) -> None:
    token = post(client).json()["token"]
    result = client.get(f"{URL}{token}/").json()
    assert result["state"] == "queued"
    empty = ("label", "confidence", "model_version", "took_ms", "wall_svg", "finished_at")
    assert {name: result[name] for name in empty} == dict.fromkeys(empty)
    assert (result["matches"], result["walls"], result["count"]) == ([], {}, 8)


def test_what_failed_says_why(client: Client, media: Path) -> None:
    submission = answered(ask("jewelry"))
    result = client.get(f"{URL}{submission.token}/").json()
    assert result["state"] == "failed"
    assert "no trained encoder" in result["error"]


def test_empty_fields_count_as_left_out(client: Client, media: Path) -> None:
    response = post(client, price_min="", price_max="", count="", photo_url="")
    assert response.status_code == 202
    submission = Submission.objects.get()
    assert (submission.price_min, submission.price_max, submission.count) == (None, None, 8)


def test_a_result_takes_few_queries(
    client: Client, art: ModelVersion, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    submission = answered(ask(count=8))
    # The row with its version, matches, products, sources, pictures, walls, placements.
    with django_assert_num_queries(5):
        assert len(client.get(f"{URL}{submission.token}/").json()["matches"]) == 8


def test_waiting_for_a_result_takes_one_query(
    client: Client, media: Path, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    submission = ask()
    with django_assert_num_queries(1):
        waiting = client.get(f"{URL}{submission.token}/").json()
    assert (waiting["state"], waiting["matches"], waiting["wall_svg"]) == ("queued", [], None)


@pytest.mark.parametrize("case", BAD_PHOTOS)
def test_what_is_no_photo_is_refused(client: Client, media: Path, case: str) -> None:
    make, says = BAD_PHOTOS[case]
    assert_refused(post(client, photo=upload(make())), media, "photo", says)


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"photo": None}, "photo", "Choose a photo"),
        ({"photo": "a text"}, "photo", "not a file"),
        ({"department": None}, "department", "required"),
        ({"department": "garden"}, "department", "garden"),
        ({"department": ""}, "department", "required"),
        ({"price_min": "50", "price_max": "20"}, "price_max", "lowest price (50.00)"),
        ({"price_min": "-1"}, "price_min", "greater than or equal to 0"),
        ({"price_max": "-0.01"}, "price_max", "greater than or equal to 0"),
        ({"price_max": "NaN"}, "price_max", "valid number"),
        ({"price_max": "Infinity"}, "price_max", "valid number"),
        ({"price_min": "-Infinity"}, "price_min", "valid number"),
        ({"price_max": "1e400"}, "price_max", "digits"),
        ({"price_max": "99999999999"}, "price_max", "digits"),
        ({"price_max": "9" * 2000}, "price_max", "too large"),
        ({"price_max": "1.999"}, "price_max", "decimal places"),
        ({"price_max": "cheap"}, "price_max", "valid number"),
        ({"count": "0"}, "count", "greater than or equal to 1"),
        ({"count": "25"}, "count", "less than or equal to 24"),
        ({"count": "-3"}, "count", "greater than or equal to 1"),
        ({"count": "2.5"}, "count", "valid integer"),
        ({"count": "some"}, "count", "valid integer"),
        ({"photo_url": "https://shop.example/1.jpg"}, "photo_url", "not both"),
    ],
    ids=briefly,
)
def test_bad_wishes_are_refused(
    client: Client, media: Path, fields: dict[str, Any], field: str, says: str
) -> None:
    assert_refused(post(client, **fields), media, field, says)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1/1.jpg", "private network"),
        ("http://localhost/1.jpg", "private network"),
        ("http://[::1]/1.jpg", "private network"),
        ("http://169.254.169.254/latest/meta-data/", "private network"),
        ("http://10.0.0.1:8080/1.jpg", "unusual port"),
        ("http://user:secret@127.0.0.1/1.jpg", "user name"),
        ("ftp://shop.example/1.jpg", "http"),
        ("file:///etc/passwd", "valid URL"),
        ("piece.jpg", "valid URL"),
    ],
)
def test_addresses_that_nobody_may_ask_us_for_are_refused(
    client: Client, media: Path, url: str, says: str
) -> None:
    assert_refused(post(client, photo=None, photo_url=url), media, "photo_url", says)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[str]:
    """Serve a picture and a page on loopback; returns where."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "piece.jpg").write_bytes(jpeg(100))
    (folder / "page.html").write_text("<p>A shop</p>")
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_photo_can_be_fetched(client: Client, media: Path, settings: Settings, shop: str) -> None:
    settings.FETCH_PRIVATE_ADDRESSES = True
    assert post(client, photo=None, photo_url=f"{shop}/piece.jpg").status_code == 202
    assert files(media) == [str(Submission.objects.get().photo)]


@pytest.mark.parametrize(("name", "says"), [("page.html", "text/html"), ("no.jpg", "404")])
def test_an_address_without_a_picture_is_refused(
    client: Client, media: Path, settings: Settings, shop: str, name: str, says: str
) -> None:
    settings.FETCH_PRIVATE_ADDRESSES = True
    response = post(client, photo=None, photo_url=f"{shop}/{name}")
    assert_refused(response, media, "photo_url", says)


def test_a_photo_over_the_limit_is_refused(client: Client, media: Path, settings: Settings) -> None:
    settings.PHOTO_MAX_BYTES = 3 * 1024 * 1024
    photo = upload(jpeg(1) + bytes(settings.PHOTO_MAX_BYTES))
    assert_refused(post(client, photo=photo), media, "photo", "larger than 3 MB")


@pytest.mark.parametrize("body", ["[1, 2]", '"art"', "null", "7"])
def test_json_of_another_shape_is_refused(client: Client, media: Path, body: str) -> None:
    response = client.post(URL, body, content_type="application/json")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/json"
    assert not Submission.objects.exists()


def test_a_body_that_is_no_json_is_refused(client: Client) -> None:
    response = client.post(URL, "{", content_type="application/json")
    assert_detail(response, 400, "JSON parse error")


def test_a_body_of_another_kind_is_refused(client: Client) -> None:
    assert_detail(client.post(URL, "x", content_type="text/plain"), 415, "text/plain")


def test_two_photos_at_once_are_refused(client: Client, media: Path) -> None:
    response = client.post(URL, {"photo": [upload(), upload()], "department": "art"})
    assert_detail(response, 400, "Nothing was stored")
    assert files(media) == []


def test_a_body_over_the_limit_is_refused_before_it_is_read(
    client: Client, media: Path, settings: Settings
) -> None:
    settings.PHOTO_MAX_BYTES = 1024
    response = post(client, photo=upload(bytes(1024 * 1024 + 2048)))
    assert_detail(response, 413, "Nothing was stored")
    # Only its length is known: nothing of this body ever comes.
    response = client.generic("POST", URL, CONTENT_LENGTH=str(10**15))
    assert_detail(response, 413, "larger than")
    assert files(media) == []


def test_a_full_queue_says_when_to_come_back(
    client: Client, media: Path, settings: Settings
) -> None:
    settings.QUEUE_LIMIT = 1
    waiting = ask()
    response = post(client)
    assert_detail(response, 503, "try again")
    assert response["Retry-After"] == "60"
    assert files(media) == [str(waiting.photo)]


def test_few_photos_are_fetched_at_the_same_time(
    client: Client, media: Path, settings: Settings, shop: str
) -> None:
    settings.FETCH_PRIVATE_ADDRESSES = True
    fields = {"photo": None, "photo_url": f"{shop}/piece.jpg"}
    with intake._fetches, intake._fetches:
        assert_detail(post(client, **fields), 503, "fetching other photos")
    assert post(client, **fields).status_code == 202


def test_a_decoder_that_cannot_start_says_when_to_come_back(
    client: Client, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_decoder()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    response = post(client)
    stop_decoder()
    assert_detail(response, 503, "Wait a minute")
    assert response["Retry-After"] == "60"
    assert not Submission.objects.exists()
    assert files(media) == []


def assert_detail(response: Any, status: int, says: str) -> None:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    assert list(response.json()) == ["detail"]
    assert says in response.json()["detail"]


@pytest.mark.parametrize("method", ["get", "delete"])
def test_an_unknown_token_is_not_found(client: Client, method: str) -> None:
    response = getattr(client, method)(f"{URL}{new_token()}/")
    assert_detail(response, 404, "")


@pytest.mark.parametrize(
    "path",
    ["", "nothing/", "submissions/short/", f"submissions/{43 * 'x'}/more/", "products/1/"],
)
def test_an_unknown_path_is_not_found_in_json(client: Client, path: str) -> None:
    assert_detail(client.get(f"/api/{path}"), 404, "/api/docs/")


def test_a_method_that_is_not_offered_is_refused_in_json(client: Client) -> None:
    assert_detail(client.put(URL), 405, "PUT")


def test_what_breaks_on_our_side_answers_in_json(client: Client) -> None:
    client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE recommendations_submission RENAME TO elsewhere")
    response = client.get(f"{URL}{new_token()}/")
    assert_detail(response, 500, "our side")
    assert "recommendations_submission" not in response.content.decode()

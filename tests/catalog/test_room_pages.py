"""What the labelling room's scripts fetch and send, and what they are refused."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from catalog.models import Annotation, Answer, Picture, Product
from catalog.room import guesses
from catalog.room.answers import answer
from catalog.room.guesses import Advice, NoModel, register
from tests.catalog.room import curator, held, ids, named, prints, say, signed_in
from tests.factories import load_catalogue

pytestmark = pytest.mark.django_db

ROOM = "/admin/catalog/annotation/label/art/"


@pytest.fixture(autouse=True)
def catalogue(media: Path, tmp_path: Path) -> None:
    load_catalogue(tmp_path, 12)


def send(client: Client, to: str, expect: int = 200, **body: Any) -> Any:
    response = client.post(f"{ROOM}{to}/", json.dumps(body), content_type="application/json")
    assert response.status_code == expect, response.content
    return response.json()


def fetch(client: Client, to: str = "next", expect: int = 200, **query: Any) -> Any:
    response = client.get(f"{ROOM}{to}/", query)
    assert response.status_code == expect, response.content
    return response.json()


def test_pictures_are_fetched_and_answered() -> None:
    client, (one, two, *_) = signed_in(), prints()
    fetched = fetch(client, queue="unlabelled", count=2)
    assert [picture["id"] for picture in fetched["pictures"]] == ids([one, two])
    assert (fetched["waiting"], fetched["or_more"]) == (12, False)
    assert fetched["pictures"][0]["guess"] is None
    assert fetched["pictures"][0]["large"] == f"/pictures/{one.sha256}/large.jpg"
    water = named("water").pk
    batch = str(uuid4())
    told = send(
        client,
        "answer",
        batch=batch,
        pictures=[one.pk],
        action="label",
        label=water,
        queue="unlabelled",
        took_ms=900,
    )
    assert told["done"] == {str(one.pk): water}
    measured = fetch(client, "progress")
    assert (measured["pictures"], measured["labelled"], measured["today"]) == (12, 1, 1)
    assert measured["labels"] == {str(water): 1}
    assert measured["people"] == {"cora": 1}
    assert measured["seconds"] == 0.9
    undone = send(client, "undo", batch=batch)
    assert [picture["id"] for picture in undone["pictures"]] == [one.pk]
    assert held() == {}


def test_what_is_offered_no_more_counts_among_the_labelled_no_more() -> None:
    client, (one, two, *_) = signed_in(), prints()
    say("water", one, two)
    Product.objects.filter(pk=one.product_id).update(is_active=False)
    measured = fetch(client, "progress")
    assert (measured["pictures"], measured["labelled"]) == (11, 1)


def test_what_is_labelled_many_at_once_and_cleared_leaves_the_speed_as_it_was() -> None:
    client, pictures = signed_in(), prints()
    say("water", pictures[0], took_ms=900)
    for _ in range(5):
        say("city", *pictures)
    answer(curator(), "art", uuid4(), ids(pictures), Answer.Action.CLEAR)
    measured = fetch(client, "progress")
    assert (measured["seconds"], measured["today"]) == (0.9, 61)


@pytest.mark.parametrize("page", ["", "next/", "progress/"])
def test_no_page_asks_more_where_there_are_more_pictures(
    page: str, tmp_path: Path, django_assert_max_num_queries: Any
) -> None:
    client = signed_in()
    load_catalogue(tmp_path / "more", 60, external_id=[f"m-{one}" for one in range(60)])
    say("water", *prints()[:30])
    say("city", *prints()[10:20], by="ben")
    query = {"count": 60} if page == "next/" else {}
    with django_assert_max_num_queries(12):
        assert client.get(f"{ROOM}{page}", query).status_code == 200


def test_the_page_says_which_labels_there_are() -> None:
    content = signed_in().get(ROOM).content.decode()
    assert '"name": "botanical"' in content
    assert "nothing" not in content


def test_who_is_signed_out_is_told_so_in_json() -> None:
    client = Client()
    assert "signed out" in fetch(client, expect=401)["error"]
    assert "signed out" in send(client, "answer", expect=401)["error"]


def test_who_may_not_label_is_told_so(django_user_model: Any) -> None:
    client = Client()
    client.force_login(django_user_model.objects.create(username="guest", is_staff=True))
    assert "may not label" in send(client, "answer", expect=403)["error"]
    assert client.get(ROOM).status_code == 403
    assert not Answer.objects.exists()


def test_an_answer_of_another_person_is_not_kept_in_ones_own_name() -> None:
    client = signed_in()
    response = client.post(
        f"{ROOM}answer/", "{}", content_type="application/json", headers={"x-labeller": "0"}
    )
    assert response.status_code == 401
    assert "Somebody else is signed in" in response.json()["error"]


def test_forged_requests_are_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(curator())
    response = client.post(f"{ROOM}answer/", "{}", content_type="application/json")
    assert response.status_code == 403


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"batch": "1"}, "“batch” is a UUID"),
        ({"pictures": "all"}, "“pictures” is a list"),
        ({"pictures": [True]}, "“pictures” is a list"),
        ({"pictures": [2**64]}, "“pictures” is a list"),
        ({"label": "water"}, "“label” is a whole number"),
        ({"took_ms": -1}, "“took_ms” is a whole number"),
    ],
)
def test_what_no_page_of_ours_sends_is_refused(body: dict[str, Any], says: str) -> None:
    whole = {
        "batch": str(uuid4()),
        "pictures": ids(prints()[:1]),
        "action": "label",
        "label": named("water").pk,
    }
    assert says in send(signed_in(), "answer", expect=400, **{**whole, **body})["error"]
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("text", ["?", "[" * 100_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    response = signed_in().post(f"{ROOM}answer/", text, content_type="application/json")
    assert (response.status_code, response.json()["error"]) == (400, "This is no JSON.")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"queue": "best"}, 409),
        ({"queue": "near"}, 409),
        ({"count": "0"}, 400),
        ({"have": "a"}, 400),
    ],
)
def test_what_cannot_be_fetched_is_refused(query: dict[str, str], status: int) -> None:
    assert fetch(signed_in(), expect=status, **query)["error"]


def test_an_unknown_label_is_told_and_changes_nothing() -> None:
    client, one = signed_in(), prints()[0]
    told = send(
        client,
        "answer",
        expect=409,
        batch=str(uuid4()),
        pictures=[one.pk],
        action="label",
        label=2**40,
    )
    assert "does not exist any more" in told["error"]


def test_pictures_that_are_left_are_free_for_others() -> None:
    cora, ben = signed_in(), signed_in("ben")
    first = [picture["id"] for picture in fetch(cora, queue="unlabelled", count=3)["pictures"]]
    second = [picture["id"] for picture in fetch(ben, queue="unlabelled", count=3)["pictures"]]
    assert not set(first) & set(second)
    send(cora, "leave", pictures=first)
    third = fetch(ben, queue="unlabelled", count=3, have=",".join(map(str, second)))["pictures"]
    assert [picture["id"] for picture in third] == first


def test_a_department_that_is_none_is_not_found() -> None:
    client = signed_in()
    for page in ("", "next/"):
        url = f"/admin/catalog/annotation/label/furniture/{page}"
        assert client.get(url).status_code == 404


def test_a_cropped_picture_is_of_the_department() -> None:
    client, one = signed_in(), prints()[0]
    assert client.get(f"{ROOM}crop/{one.sha256}.jpg").status_code == 200
    assert client.get(f"{ROOM}crop/{'0' * 64}.jpg").status_code == 404
    Picture.objects.filter(pk=one.pk).update(file="gone.jpg")
    assert client.get(f"{ROOM}crop/{one.sha256}.jpg").status_code == 404


def test_where_nothing_waits_a_live_version_is_asked_of_nothing(small_encoders: Any) -> None:
    small_encoders.version("art", live=True)
    client = signed_in()
    say("water", *prints())
    fetched = fetch(client, queue="unlabelled", count=48, alike=1)
    assert (fetched["pictures"], fetched["groups"], fetched["waiting"]) == ([], [], 0)


class Advising(NoModel):
    """A model that says of water that more of it would help."""

    def advice(self, department: str) -> list[Advice]:
        curve = [(10, 0.4, 0.2, 0.6), (20, 0.5, 0.3, 0.7), (40, 0.6, 0.5, 0.7)]
        return [Advice("water", 40, curve, "About 40 more would help."), Advice("city", 2, [], "?")]


def test_it_says_how_many_more_labels_would_help() -> None:
    client, url = signed_in(), "/admin/catalog/annotation/advice/art/"
    before = guesses.model()
    register(NoModel())
    try:
        assert "Nothing can be said yet" in client.get(url).content.decode()
        register(Advising())
        content = client.get(url).content.decode()
    finally:
        register(before)
    assert "About 40 more would help." in content
    assert (
        "From 10 to 40 labelled pictures, the share found goes from 40\u00a0% to 60\u00a0%"
        in content
    )
    # The last point lies at the right end, 0.6 of the height above the axis.
    assert "236.0,38.8" in content
    assert content.count('<svg class="curve"') == 1

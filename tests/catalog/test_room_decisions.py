"""Where labellers differ: what is shown, what is decided, and how it is taken back."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from catalog.models import Adjudication, Annotation, Picture
from catalog.room.decisions import DecisionError, decide
from catalog.room.guesses import Guess, NoModel, model, register
from catalog.room.labels import merge
from tests.catalog.room import curator, named, prints, say, signed_in
from tests.factories import load_catalogue

pytestmark = pytest.mark.django_db

PAGE = "/admin/catalog/annotation/adjudicate/art/"


@pytest.fixture(autouse=True)
def catalogue(media: Path, tmp_path: Path) -> None:
    """Have four prints; labellers differ on the first two, and agree on the third."""
    load_catalogue(tmp_path, 4)
    one, two, three, _ = prints()
    say("water", one, two, three)
    say("city", one, two, by="ben")
    say("water", three, by="ben")


@pytest.fixture
def client(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_superuser("owner"))
    return client


def send(client: Client, **values: Any) -> str:
    """Send a form of the page; return the page that follows."""
    response = client.post(PAGE, values, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def decided() -> dict[int, str | None]:
    return dict(Adjudication.objects.values_list("picture", "label__name"))


def shown(page: str) -> int | None:
    """Return the picture that the page asks about."""
    found = re.search(r'name="picture" value="(\d+)"', page)
    return int(found[1]) if found else None


def test_it_works(client: Client) -> None:
    one, two, *_ = prints()
    page = client.get(reverse("admin:catalog_adjudicate", args=["art"])).content.decode()
    assert "2 pictures wait for a decision." in page
    assert shown(page) == one.pk
    assert f"/pictures/{one.sha256}/large.jpg" in page
    assert re.search(r"<strong>cora</strong> water .*<strong>ben</strong> city ", page)
    page = send(client, picture=one.pk, label=named("city").pk)
    assert decided() == {one.pk: "city"}
    assert shown(page) == two.pk
    page = send(client, picture=two.pk, label="")
    assert decided() == {one.pk: "city", two.pk: None}
    assert "Labellers differ on nothing that waits" in page
    assert shown(page) is None
    assert Annotation.objects.agreed() == {one.pk: "city", prints()[2].pk: "water"}


def test_decisions_are_taken_back_in_turn(client: Client) -> None:
    one, two, *_ = prints()
    send(client, picture=one.pk, label=named("city").pk)
    send(client, picture=two.pk, label=named("water").pk)
    last = Adjudication.objects.get(picture=two)
    page = send(client, undo=last.pk)
    assert decided() == {one.pk: "city"}
    assert shown(page) == two.pk
    # Sent twice it takes back no other.
    assert "was taken back already" in send(client, undo=last.pk)
    assert decided() == {one.pk: "city"}
    send(client, undo=Adjudication.objects.get().pk)
    assert decided() == {}


def test_the_decision_of_another_person_is_not_taken_back(client: Client) -> None:
    kept = decide(curator(), "art", prints()[0].pk, None)
    assert "was taken back already" in send(client, undo=kept.pk)
    assert Adjudication.objects.exists()


def test_what_is_sent_twice_counts_once(client: Client) -> None:
    one, city = prints()[0], named("city").pk
    for _ in range(2):
        assert "decided meanwhile" not in send(client, picture=one.pk, label=city)
    assert decided() == {one.pk: "city"}


def test_who_decides_first_decides(client: Client) -> None:
    one = prints()[0]
    decide(curator(), "art", one.pk, named("water").pk)
    page = send(client, picture=one.pk, label=named("city").pk)
    assert "Cora decided meanwhile: “water”. That stays." in page
    assert decided() == {one.pk: "water"}


def test_a_skipped_picture_comes_again_at_the_end(client: Client) -> None:
    one, two, *_ = prints()
    assert shown(client.get(PAGE, {"after": one.pk}).content.decode()) == two.pk
    assert shown(client.get(PAGE, {"after": two.pk}).content.decode()) == one.pk


def test_a_label_that_was_merged_meanwhile_stands_for_its_target(client: Client) -> None:
    one, city = prints()[0], named("city").pk
    merge(city, named("landscape").pk)
    send(client, picture=one.pk, label=city)
    assert decided() == {one.pk: "landscape"}


@pytest.mark.parametrize("label", ["", "x", "0", str(2**70)])
def test_what_is_no_decision_is_refused(client: Client, label: str) -> None:
    sent = {"picture": prints()[0].pk, "label": label} if label else {"picture": prints()[0].pk}
    assert "No label was chosen" in send(client, **sent)
    assert decided() == {}


def test_unknown_labels_and_those_of_other_departments_are_refused(client: Client) -> None:
    for label in (named("rings", "jewelry").pk, 2**40):
        assert "does not exist any more" in send(client, picture=prints()[0].pk, label=label)
    assert decided() == {}


def test_a_picture_that_was_deleted_meanwhile_is_told(client: Client) -> None:
    one, two, *_ = prints()
    Picture.objects.filter(pk=one.pk).delete()
    page = send(client, picture=one.pk, label=named("city").pk)
    assert "This picture was deleted meanwhile." in page
    assert shown(page) == two.pk


def test_who_may_not_decide_is_refused() -> None:
    client = signed_in()
    assert client.get(PAGE).status_code == 403
    sent = {"picture": prints()[0].pk, "label": named("city").pk}
    assert client.post(PAGE, sent).status_code == 403
    assert decided() == {}


def test_a_department_that_is_none_is_not_found(client: Client) -> None:
    assert client.get("/admin/catalog/annotation/adjudicate/furniture/").status_code == 404


def test_the_page_shows_what_the_model_guesses(client: Client) -> None:
    class Guessing(NoModel):
        def guesses(self, department: str, pictures: Any) -> dict[int, Guess]:
            return {picture: Guess("animal", 0.75) for picture in pictures}

    before = model()
    register(Guessing())
    try:
        page = client.get(PAGE).content.decode()
    finally:
        register(before)
    assert "The model guesses animal, 75&nbsp;%." in page


def test_the_page_needs_no_inline_script_or_style(client: Client) -> None:
    page = client.get(PAGE).content.decode()
    assert not re.search(r"<script(?![^>]*src=)|<style| style=| on[a-z]+=", page)


def test_more_pictures_take_no_more_queries(
    client: Client, tmp_path: Path, django_assert_max_num_queries: Any
) -> None:
    load_catalogue(tmp_path / "more", 40, external_id=[f"m-{one}" for one in range(40)])
    say("water", *prints())
    say("city", *prints(), by="ben")
    decide(get_user_model().objects.get(username="owner"), "art", prints()[0].pk, None)
    with django_assert_max_num_queries(12):
        assert client.get(PAGE).status_code == 200


def test_a_decision_needs_a_label_of_its_department() -> None:
    with pytest.raises(DecisionError, match="deleted meanwhile"):
        decide(curator(), "jewelry", prints()[0].pk, None)

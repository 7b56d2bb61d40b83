"""An annotation is made and changed on its page in the admin: with a label that fits it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from catalog.models import Annotation, Label
from catalog.room.labels import merge, separate
from tests.catalog.room import curator, held, named, prints, say
from tests.factories import load_catalogue

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2020, 2, 29, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def client(media: Path, tmp_path: Path, client: Client) -> Client:
    """Have two prints, and an owner who is signed in."""
    load_catalogue(tmp_path, 2)
    client.force_login(User.objects.create_superuser("owner"))
    return client


def add(client: Client, label: Label | None, **sent: Any) -> str:
    """Label the first print as Cora, and return what the page says to it."""
    sent = {"picture": prints()[0].pk, "labeller": curator().pk, **sent}
    sent["label"] = label.pk if label else ""
    return client.post(reverse("admin:catalog_annotation_add"), sent, follow=True).content.decode()


def change(client: Client, label: Label | None) -> None:
    url = reverse("admin:catalog_annotation_change", args=[Annotation.objects.get().pk])
    assert client.post(url, {"label": label.pk if label else ""}).status_code == 302


def given() -> tuple[Label | None, Label | None]:
    annotation = Annotation.objects.get()
    return annotation.label, annotation.merged_from


def test_it_works(client: Client) -> None:
    add(client, named("city"))
    assert held() == {prints()[0].pk: "city"}
    Annotation.objects.update(created_at=LONG_AGO)
    change(client, named("city"))
    assert Annotation.objects.get().created_at == LONG_AGO
    change(client, named("water"))
    assert given() == (named("water"), None)
    assert Annotation.objects.get().created_at > LONG_AGO
    change(client, None)
    assert given() == (None, None)


def test_a_label_of_another_department_is_refused(client: Client) -> None:
    rings = named("rings", "jewelry")
    assert "“rings” is no label of art. Choose one of those." in add(client, rings)
    assert held() == {}


def test_a_label_that_is_merged_is_refused(client: Client) -> None:
    merge(named("city").pk, named("water").pk)
    assert "Select a valid choice" in add(client, named("city"))
    assert held() == {}


def test_a_second_label_by_the_same_person_is_refused(client: Client) -> None:
    say("city", prints()[0])
    page = add(client, named("water"))
    assert "Annotation with this Picture and Labeller already exists" in page
    assert held() == {prints()[0].pk: "city"}


def test_a_page_without_a_picture_is_refused(client: Client) -> None:
    page = add(client, named("city"), picture="")
    assert "This field is required" in page
    assert held() == {}


def test_what_is_changed_does_not_come_by_the_merged_label_any_more(client: Client) -> None:
    say("city", prints()[0])
    merge(named("city").pk, named("landscape").pk)
    change(client, named("landscape"))
    assert given() == (named("landscape"), named("city"))
    change(client, named("water"))
    separate(named("city").pk)
    assert given() == (named("water"), None)

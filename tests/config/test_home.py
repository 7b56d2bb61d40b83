"""The admin's home says what needs a person now, to whom it is up, and leads there."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from catalog.models import Adjudication
from ml.models import ModelVersion, TrainingRun
from recommendations.models import Submission
from tests.catalog.room import prints, say
from tests.factories import load_catalogue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

NEED = re.compile(r'<li><a href="([^"]+)"><strong>(\d+)</strong> ([^<]+)</a></li>')
HOME = reverse("admin:index")


@pytest.fixture
def owner() -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("owner"))
    return client


def person(*roles: str) -> Client:
    user = User.objects.create(username="person", is_staff=True)
    user.groups.set(Group.objects.filter(name__in=roles))
    client = Client()
    client.force_login(user)
    return client


def needs(client: Client) -> dict[str, str]:
    """Return what the home shows: "count text" -> address."""
    page = client.get(HOME).content.decode()
    return {unescape(f"{count} {text}"): unescape(url) for url, count, text in NEED.findall(page)}


def failed_photo(detail: str) -> Submission:
    return Submission.objects.create(
        department="art",
        state="failed",
        error="It failed.",
        error_detail=detail,
        photo="photos/1.jpg",
        photo_width=1,
        photo_height=1,
    )


def version(number: int, state: str) -> ModelVersion:
    run = TrainingRun.objects.create(department="art", state="done")
    return ModelVersion.objects.create(
        department="art", number=number, backbone="autoencoder", training_run=run, state=state
    )


def fill(folder: Path) -> None:
    """Have one of everything that needs a person, and of what looks like it and needs nobody."""
    load_catalogue(folder, 5)
    one, two, three, *_ = prints()
    say("water", one, two, three)
    say("city", one, two, by="ben")
    Adjudication.objects.create(picture=one, decided_by=User.objects.get(username="cora"))
    failed_photo("Traceback")
    failed_photo("")
    version(1, "candidate")
    version(2, "live")
    version(3, "candidate")
    TrainingRun.objects.create(department="art", state="failed", error_detail="Traceback")
    TrainingRun.objects.create(department="jewelry", state="failed", error_detail="cancelled")


def test_it_works(owner: Client, tmp_path: Path) -> None:
    fill(tmp_path)
    found = needs(owner)
    assert list(found) == [
        "2 pictures of art have no label",
        "1 picture of art on which labellers differ",
        "1 training failed: the last one of art",
        "1 candidate of art to look at and promote",
        "1 visitor's photo failed",
    ]
    for url in found.values():
        assert owner.get(url).status_code == 200
    lists = list(found.values())
    for url, rows in ((lists[2], 1), (lists[4], 1)):
        page = owner.get(url).content.decode()
        assert page.count('class="action-select"') == rows


def test_nothing_is_said_so(owner: Client) -> None:
    page = owner.get(HOME).content.decode()
    assert "Nothing needs you now." in page


def test_a_training_that_worked_afterwards_needs_nobody(owner: Client) -> None:
    TrainingRun.objects.create(department="art", state="failed", error_detail="Traceback")
    TrainingRun.objects.create(department="art", state="done")
    assert needs(owner) == {}


def test_people_see_what_they_can_do_only(tmp_path: Path) -> None:
    fill(tmp_path)
    assert list(needs(person("Curators"))) == ["2 pictures of art have no label"]


def test_who_may_do_nothing_is_told_of_nothing(tmp_path: Path) -> None:
    fill(tmp_path)
    page = person().get(HOME).content.decode()
    assert "Nothing needs you now." in page
    assert "Label art" not in page


def test_the_way_to_label_each_department_is_there() -> None:
    page = person("Curators").get(HOME).content.decode()
    for department in ("art", "jewelry"):
        url = reverse("admin:catalog_labelling", args=[department])
        assert f'href="{url}">Label {department}</a>' in page


def test_an_owner_asks_few_queries(tmp_path: Path, django_assert_max_num_queries: Any) -> None:
    fill(tmp_path)
    client = person("Owners")
    with django_assert_max_num_queries(12):
        assert len(NEED.findall(client.get(HOME).content.decode())) == 5

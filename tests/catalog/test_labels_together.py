"""Labels are given, merged, separated and deleted at once: nothing is left on one that went."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client
from django.urls import reverse

from catalog.labelling import load_labels
from catalog.models import Adjudication, Annotation, Answer, Label, Product, Source
from catalog.reading import LabelRow
from catalog.room.answers import answer, take_back
from catalog.room.decisions import decide
from catalog.room.labels import merge, separate
from catalog.upserting import put_labels
from tests.catalog.room import curator, first_labels, named, prints, say
from tests.factories import load_catalogue
from tests.waiting import beside, until_waiting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folder(media: Path, tmp_path: Path) -> Path:
    """Have a print that Cora has called a city and then water, and a folder for files."""
    first_labels()
    load_catalogue(tmp_path, 1)
    say("city", *prints())
    say("water", *prints())
    get_user_model().objects.create_superuser("owner")
    return tmp_path


def import_labels(label: Label, folder: Path) -> None:
    rows = [LabelRow(2, "images/0.jpg", label.name)]
    load_labels(rows, department="art", labeller_name="anna")


def import_products(label: Label, folder: Path) -> None:
    report = load_catalogue(folder, 1, label=[label.name])
    assert report.failed == []


def crawl(label: Label, folder: Path) -> None:
    put_labels(Source.objects.get(), {Product.objects.get().pk: label})


def press(label: Label, folder: Path) -> None:
    pictures = [picture.pk for picture in prints()]
    answer(curator("ben"), "art", uuid4(), pictures, Answer.Action.LABEL, label=label.pk)


def undo(label: Label, folder: Path) -> None:
    take_back(curator(), "art")


def adjudicate(label: Label, folder: Path) -> None:
    decide(curator("ben"), "art", prints()[0].pk, label.pk)


def fill_in(label: Label, folder: Path) -> None:
    picture, owner = prints()[0].pk, get_user_model().objects.get(username="owner")
    url = reverse("admin:catalog_annotation_add")
    sent = {"picture": picture, "label": label.pk, "labeller": owner.pk}
    assert by_owner().post(url, sent).status_code == 302


WAYS = [import_labels, import_products, crawl, press, undo, adjudicate, fill_in]
Way = Callable[[Label, Path], None]


def by_owner() -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(username="owner"))
    return client


def by_city() -> set[str]:
    """Return the labels of what came by the city."""
    held: set[str] = set()
    for model in (Annotation, Adjudication):
        rows = model.objects.all()
        assert not rows.exclude(label__merged_into=None).exists()
        held |= {str(row.label) for row in rows if row.given == named("city")}
    return held


@pytest.mark.parametrize("way", WAYS)
def test_what_is_given_before_a_merge_moves_with_it(way: Way, folder: Path) -> None:
    city, landscape = named("city"), named("landscape")
    with transaction.atomic():
        way(city, folder)
        merging = beside(lambda: merge(city.pk, landscape.pk))
        until_waiting(merging)
    moved = merging.result(30)
    assert moved.annotations + moved.decisions == 1
    assert by_city() == {"landscape"}


@pytest.mark.parametrize("way", [one for one in WAYS if one != fill_in])
def test_what_is_given_during_a_merge_gets_what_takes_its_place(way: Way, folder: Path) -> None:
    city, landscape = named("city"), named("landscape")
    with transaction.atomic():
        merge(city.pk, landscape.pk)
        giving = beside(lambda: way(city, folder))
        until_waiting(giving)
    giving.result(30)
    assert by_city() == {"landscape"}


def test_a_form_that_is_sent_during_a_merge_gets_what_takes_its_place(folder: Path) -> None:
    """Its label was in use when the form looked."""
    city, landscape = named("city"), named("landscape")
    with transaction.atomic():
        Label.objects.held("art", alone=True)
        giving = beside(lambda: fill_in(city, folder))
        until_waiting(giving)
        merge(city.pk, landscape.pk)
    giving.result(30)
    assert by_city() == {"landscape"}


def test_labels_read_long_before_a_merge_are_looked_up_again(folder: Path) -> None:
    """An import reads its rows in batches; a crawl its rules at the start."""
    city, landscape = named("city"), named("landscape")
    merge(city.pk, landscape.pk)
    crawl(city, folder)
    assert by_city() == {"landscape"}


def test_what_is_given_during_a_separation_comes_by_what_it_was_given(folder: Path) -> None:
    city, landscape = named("city"), named("landscape")
    merge(city.pk, landscape.pk)
    with transaction.atomic():
        press(city, folder)
        separating = beside(lambda: separate(city.pk))
        until_waiting(separating)
    assert separating.result(30).moved.annotations == 1
    assert by_city() == {"city"}


def test_an_import_compares_with_what_its_labeller_answers_meanwhile(folder: Path) -> None:
    curator("ben")
    rows = [LabelRow(2, "images/0.jpg", "water")]
    with transaction.atomic():
        press(named("city"), folder)
        importing = beside(lambda: load_labels(rows, department="art", labeller_name="ben"))
        until_waiting(importing)
    report = importing.result(30)
    assert (report.created, report.updated) == (0, 1)
    assert Annotation.objects.get(labeller=curator("ben")).label == named("water")


def test_a_label_that_is_given_meanwhile_is_not_deleted(folder: Path) -> None:
    Answer.objects.all().delete()
    city = named("city")
    url = reverse("admin:catalog_label_delete", args=[city.pk])
    with transaction.atomic():
        press(city, folder)
        deleting = beside(lambda: by_owner().post(url, {"post": "yes"}))
        until_waiting(deleting)
    merge_page = reverse("admin:catalog_label_merge", args=[city.pk])
    assert deleting.result(30)["Location"] == merge_page
    assert by_city() == {"city"}


def test_two_merges_at_once_make_no_circle(folder: Path) -> None:
    city, landscape = named("city"), named("landscape")
    with transaction.atomic():
        merge(city.pk, landscape.pk)
        other = beside(lambda: merge(landscape.pk, city.pk))
        until_waiting(other)
    with pytest.raises(ValueError, match="“city” was merged into “landscape” already"):
        other.result(30)
    assert named("landscape").merged_into is None

"""A merge of labels is taken back: what came by the merged label is its own again, exactly that."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from catalog.labelling import load_labels
from catalog.models import Adjudication, Annotation, Answer, Label, Picture
from catalog.reading import LabelRow
from catalog.room.answers import take_back
from catalog.room.decisions import decide
from catalog.room.labels import LabelError, Use, merge, separate
from tests.catalog.room import curator, held, named, prints, say
from tests.factories import load_catalogue

pytestmark = pytest.mark.django_db

LABELS = "admin:catalog_label_changelist"


@pytest.fixture(autouse=True)
def catalogue(media: Path, tmp_path: Path) -> None:
    load_catalogue(tmp_path, 4)


@pytest.fixture
def client(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_superuser("owner"))
    return client


def merged(label: str, into: str) -> None:
    merge(named(label).pk, named(into).pk)


def separated(label: str) -> Use:
    return separate(named(label).pk).moved


def rows(model: type[Annotation] | type[Adjudication] = Annotation) -> list[tuple[Any, ...]]:
    """Return what is held, in the order of the pictures: the label, and the one it came by."""
    order = model.objects.order_by("picture", "pk")
    return list(order.values_list("label__name", "merged_from__name"))


def import_rows(*labels: str, by: str = "anna") -> Any:
    """Import labels of the first pictures, one each."""
    found = [LabelRow(row, f"images/{row}.jpg", label) for row, label in enumerate(labels)]
    return load_labels(found, department="art", labeller_name=by)


def messages(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_it_works() -> None:
    one, two, three, four = prints()
    say("city", one, two)
    say("landscape", three, four)
    decide(curator(), "art", one.pk, named("city").pk)
    decide(curator(), "art", three.pk, named("landscape").pk)
    before, decided = rows(), rows(Adjudication)
    times = list(Annotation.objects.order_by("pk").values_list("pk", "created_at"))
    label = Label.objects.filter(pk=named("city").pk).values()
    row = label.get()
    assert row["hotkey"]
    merged("city", "landscape")
    assert rows() == [("landscape", "city")] * 2 + [("landscape", None)] * 2
    assert rows(Adjudication) == [("landscape", "city"), ("landscape", None)]
    back = separate(named("city").pk)
    assert (back.moved, back.target, back.no_hotkey) == (Use(2, 1), named("landscape"), "")
    assert (rows(), rows(Adjudication), label.get()) == (before, decided, row)
    assert list(Annotation.objects.order_by("pk").values_list("pk", "created_at")) == times


def test_what_people_said_since_stays() -> None:
    one, two, three, four = prints()
    say("city", one, two, three, four)
    merged("city", "landscape")
    say("water", one)
    # Said again by the key of the label that took its place: that is what they mean now.
    say("landscape", two)
    say("water", three)
    take_back(curator(), "art")
    assert separated("city") == Use(2, 0)
    assert rows() == [("water", None), ("landscape", None), ("city", None), ("city", None)]


def test_what_came_meanwhile_by_the_merged_name_comes_along(tmp_path: Path) -> None:
    merged("city", "landscape")
    old_page = named("city").pk
    import_rows("city", "landscape", "city")
    load_catalogue(tmp_path / "more", 1, external_id=["new"], label=["city"])
    new = Picture.objects.get(product__external_id="new")
    say("city", prints()[3])
    decide(curator(), "art", prints()[3].pk, old_page)
    assert set(Annotation.objects.values_list("label__name", flat=True)) == {"landscape"}
    assert separated("city") == Use(4, 1)
    assert list(held("anna").values()) == ["city", "landscape", "city"]
    assert held() == {prints()[3].pk: "city"}
    assert new.annotations.get().label == named("city")
    assert Adjudication.objects.get().label == named("city")


def test_a_file_read_again_meanwhile_changes_nothing_that_is_lost() -> None:
    """Neither a file from before the merge nor one written after it forgets what was given."""
    import_rows("city", "landscape")
    merged("city", "landscape")
    assert import_rows("city", "landscape").unchanged == 2
    assert import_rows("landscape", "landscape").unchanged == 2
    # Only who says the merged label of what came by the other one says something new.
    assert import_rows("city", "city").updated == 1
    assert rows() == [("landscape", "city")] * 2
    separated("city")
    assert rows() == [("city", None)] * 2


@pytest.mark.parametrize("first", ["city", "landscape"])
def test_of_a_chain_either_link_is_taken_back_first(first: str) -> None:
    one, two, three, four = prints()
    say("city", one)
    say("landscape", two)
    say("abstract", three)
    before = rows()
    merged("city", "landscape")
    merged("landscape", "abstract")
    assert rows() == [("abstract", "city"), ("abstract", "landscape"), ("abstract", None)]
    assert named("city").today == named("abstract")
    say("city", four)
    if first == "city":
        assert separated("city") == Use(2, 0)
        assert [*held().values()] == ["city", "abstract", "abstract", "city"]
        assert separated("landscape") == Use(1, 0)
    else:
        assert separated("landscape") == Use(3, 0)
        assert [*held().values()] == ["landscape", "landscape", "abstract", "landscape"]
        assert named("city").today == named("landscape")
        assert separated("city") == Use(2, 0)
    assert rows() == [*before, ("city", None)]
    assert not Label.objects.exclude(merged_into=None).exists()


def test_what_was_separated_is_merged_again() -> None:
    say("city", prints()[0])
    merged("city", "landscape")
    separated("city")
    merged("city", "water")
    assert rows() == [("water", "city")]
    assert separated("city") == Use(1, 0)
    assert rows() == [("city", None)]


def test_undo_of_an_answer_crosses_a_merge_and_its_undo() -> None:
    one, two, *_ = prints()
    say("city", one, two)
    merged("city", "landscape")
    say("water", one)
    separated("city")
    assert take_back(curator(), "art").done == {one.pk: named("city").pk}
    assert take_back(curator(), "art").changed == []
    assert held() == {}


def test_answers_keep_the_label_that_was_given() -> None:
    one = prints()[0]
    merged("city", "landscape")
    say("city", one)
    say("water", one)
    last, first = Answer.objects.all()
    assert (first.label, last.label_before) == (named("city"), named("city"))
    take_back(curator(), "art")
    assert rows() == [("landscape", "city")]


def test_a_hotkey_that_another_label_has_now_stays_there() -> None:
    key = named("city").hotkey
    merged("city", "landscape")
    Label.objects.create(department="art", name="sky", hotkey=key)
    assert separate(named("city").pk).no_hotkey.startswith(f"“{key}” gives “sky”.")
    city = named("city")
    assert (city.hotkey, city.hotkey_before, city.merged_into) == ("", "", None)


def test_what_is_merged_into_none_is_refused() -> None:
    say("city", prints()[0])
    with pytest.raises(LabelError, match="“city” is merged into no label"):
        separated("city")
    with pytest.raises(LabelError, match="does not exist any more"):
        separate(2**40)
    assert rows() == [("city", None)]


def test_nothing_comes_by_the_label_that_it_carries() -> None:
    say("city", prints()[0])
    for label, given in ((named("city"), named("city")), (None, named("city"))):
        with (
            pytest.raises(IntegrityError, match="annotation_merged_from_another"),
            transaction.atomic(),
        ):
            Annotation.objects.update(label=label, merged_from=given)


def test_the_admin_takes_it_back(client: Client) -> None:
    say("city", *prints()[:3])
    city = named("city")
    did = client.post(
        reverse("admin:catalog_label_merge", args=[city.pk]),
        {"into": named("water").pk},
        follow=True,
    )
    url = reverse("admin:catalog_label_separate", args=[city.pk])
    assert f'<a href="{url}">Take it back</a>' in did.content.decode()
    label_page = reverse("admin:catalog_label_change", args=[city.pk])
    assert f'<a href="{url}">Separate from “water”</a>' in client.get(label_page).content.decode()
    asked = client.get(url).content.decode()
    assert "3 annotations and 0 decisions that came by it" in asked
    assert f"The hotkey “{city.hotkey}” gives “city” again" in asked
    assert named("city").merged_into == named("water")
    text = messages(client.post(url, follow=True))
    assert "“city” is a label of its own again: 3 annotations came back from “water”." in text
    assert set(held().values()) == {"city"}
    assert named("city").hotkey == city.hotkey
    history = client.get(reverse("admin:catalog_label_history", args=[city.pk])).content.decode()
    assert "Merged into water." in history
    assert "Separated from water." in history
    assert "“city” is merged into no label" in messages(client.post(url, follow=True))


def test_the_admin_says_where_a_hotkey_went(client: Client) -> None:
    key = named("city").hotkey
    merged("city", "water")
    Label.objects.create(department="art", name="sky", hotkey=key)
    url = reverse("admin:catalog_label_separate", args=[named("city").pk])
    text = messages(client.post(url, follow=True))
    assert f"0 annotations came back from “water”. “{key}” gives “sky”. Clear that" in text


def test_who_may_not_change_labels_may_not_separate(client: Client) -> None:
    say("city", prints()[0])
    merged("city", "water")
    client.force_login(curator())
    url = reverse("admin:catalog_label_separate", args=[named("city").pk])
    assert client.get(url).status_code == 403
    assert client.post(url).status_code == 403
    assert rows() == [("water", "city")]

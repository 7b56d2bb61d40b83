"""Labels themselves: their hotkeys, and merging one into another, with nothing lost."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from catalog.labelling import load_labels
from catalog.models import Adjudication, Annotation, Answer, Label
from catalog.reading import LabelRow
from catalog.room.labels import RESERVED, LabelError, merge, usable_hotkey
from catalog.room.views import labels_shown
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


def messages(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_it_works() -> None:
    one, two, three, _ = prints()
    say("city", one, two)
    say("water", three)
    Adjudication.objects.create(picture=three, label=named("city"), decided_by=curator())
    moved = merge(named("city").pk, named("landscape").pk)
    assert (moved.annotations, moved.decisions) == (2, 1)
    assert held() == {one.pk: "landscape", two.pk: "landscape", three.pk: "water"}
    assert Adjudication.objects.get().label == named("landscape")
    city = named("city")
    assert (city.merged_into, city.hotkey) == (named("landscape"), "")
    assert "city" not in [label["name"] for label in labels_shown("art")]
    # What people said stays known.
    given = Answer.objects.order_by("picture").values_list("label__name", flat=True)
    assert list(given) == ["city", "city", "water"]


def test_labels_that_were_merged_before_go_along() -> None:
    merge(named("city").pk, named("landscape").pk)
    merge(named("landscape").pk, named("abstract").pk)
    assert named("city").today == named("abstract")
    say("city", prints()[0])
    assert list(held().values()) == ["abstract"]


def test_the_hotkey_of_a_merged_label_is_free() -> None:
    key = named("city").hotkey
    merge(named("city").pk, named("landscape").pk)
    assert usable_hotkey(key, named("water")) == key


def test_a_file_that_names_a_merged_label_stores_what_took_its_place(tmp_path: Path) -> None:
    merge(named("city").pk, named("landscape").pk)
    rows = [LabelRow(2, "images/0.jpg", "city")]
    load_labels(rows, department="art", labeller_name="anna")
    load_catalogue(tmp_path, 1, external_id=["new"], label=["city"])
    labels = Annotation.objects.values_list("label__name", flat=True)
    assert set(labels) == {"landscape"}


@pytest.mark.parametrize(
    ("source", "target", "says"),
    [
        (("art", "city"), ("art", "city"), "“city” cannot be merged into itself"),
        (("art", "city"), ("jewelry", "rings"), "“city” is a label of art, “rings” of jewelry"),
        (("art", "city"), ("art", "animal"), "“animal” was merged into “water” already"),
        (("art", "animal"), ("art", "city"), "“animal” was merged into “water” already"),
        (("art", "city"), ("art", "other"), "“city” is a group, which networks learn, “other” is"),
        (("art", "other"), ("art", "city"), "“other” is none, “city” is a group"),
    ],
)
def test_what_cannot_be_merged_is_refused(
    source: tuple[str, str], target: tuple[str, str], says: str
) -> None:
    say("city", prints()[0])
    merge(named("animal").pk, named("water").pk)
    with pytest.raises(LabelError, match=says):
        merge(named(source[1], source[0]).pk, named(target[1], target[0]).pk)
    assert list(held().values()) == ["city"]
    assert named("city").merged_into is None


def test_a_label_that_is_gone_is_refused() -> None:
    with pytest.raises(LabelError, match="does not exist any more"):
        merge(named("city").pk, 2**40)


def test_a_group_is_merged_into_none_where_that_is_meant() -> None:
    say("city", prints()[0])
    merge(named("city").pk, named("other").pk, though_group_differs=True)
    assert list(held().values()) == ["other"]


def test_the_page_says_what_moves_and_does_it(client: Client) -> None:
    say("city", *prints()[:3])
    url = reverse("admin:catalog_label_merge", args=[named("city").pk])
    asked = client.post(
        reverse(LABELS), {"action": "merge_one", "_selected_action": named("city").pk}
    )
    assert asked["Location"] == url
    page = client.get(url).content.decode()
    assert "3 annotations and 0 decisions carry “city”" in page
    assert "It can be taken back" in page
    response = client.post(url, {"into": named("water").pk}, follow=True)
    assert "“city” was merged into “water”: 3 annotations moved." in messages(response)
    assert set(held().values()) == {"water"}
    assert "was merged into “water” already" in messages(client.get(url, follow=True))


@pytest.mark.parametrize("into", ["city", "other", ""])
def test_the_page_refuses_what_cannot_be_merged(client: Client, into: str) -> None:
    url = reverse("admin:catalog_label_merge", args=[named("city").pk])
    response = client.post(url, {"into": named(into).pk if into else ""})
    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    assert named("city").merged_into is None


def test_who_may_not_change_labels_may_not_merge(client: Client) -> None:
    client.force_login(curator())
    url = reverse("admin:catalog_label_merge", args=[named("city").pk])
    assert client.post(url, {"into": named("water").pk}).status_code == 403


def test_a_hotkey_is_one_digit_or_letter_in_lower_case() -> None:
    assert usable_hotkey(" B ", named("city")) == "b"
    assert usable_hotkey("", named("city")) == ""
    for key in ("?", "é", "12", "ß"):
        with pytest.raises(LabelError, match="use one of 0 to 9 or a to z"):
            usable_hotkey(key, named("city"))


@pytest.mark.parametrize("key", RESERVED)
def test_a_key_of_the_room_is_refused(key: str) -> None:
    with pytest.raises(LabelError, match=f"The labelling room uses “{key}” itself"):
        usable_hotkey(key.upper(), named("city"))


def test_the_room_uses_no_other_letters() -> None:
    static = Path(__file__).parents[2] / "catalog" / "static" / "catalog"
    used = set()
    for name in ("room.js", "grid.js"):
        keys = re.search(r"^const KEYS = \{$(.*?)^\};$", (static / name).read_text(), re.M | re.S)
        assert keys
        used |= set(re.findall(r"^  ([a-z0-9]): ", keys[1], re.M))
    assert "u" in used
    assert used <= set(RESERVED)


def changed(**values: Any) -> dict[str, Any]:
    """Return what the form of a label sends."""
    return {"name": "city", "order": 4, "hotkey": "4", "is_group": "on", **values}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"hotkey": "1"}, "“1” gives “abstract”"),
        ({"hotkey": "S"}, "uses “s” itself"),
        ({"name": "water"}, "There is a label “water” in art already"),
    ],
)
def test_the_form_refuses_what_is_taken(client: Client, values: dict[str, str], says: str) -> None:
    url = reverse("admin:catalog_label_change", args=[named("city").pk])
    response = client.post(url, changed(**values))
    assert response.status_code == 200
    assert says in response.content.decode()


def test_a_label_is_described_with_examples(client: Client) -> None:
    url = reverse("admin:catalog_label_change", args=[named("city").pk])
    one = prints()[0]
    sent = changed(hotkey="B", description="Streets and houses.", examples=[one.pk])
    assert client.post(url, sent).status_code == 302
    city = named("city")
    assert (city.hotkey, city.description) == ("b", "Streets and houses.")
    assert list(city.examples.all()) == [one]
    rings = reverse("admin:catalog_label_change", args=[named("rings", "jewelry").pk])
    response = client.post(rings, changed(name="rings", hotkey="3", examples=[one.pk]))
    assert "Choose pictures of jewelry only." in response.content.decode()


def test_a_label_is_added(client: Client) -> None:
    url = reverse("admin:catalog_label_add")
    sent = {"department": "art", "name": "sky", "order": 8, "hotkey": "1"}
    assert "“1” gives “abstract”" in client.post(url, sent).content.decode()
    assert client.post(url, {**sent, "hotkey": "8"}).status_code == 302
    assert named("sky").hotkey == "8"


def listed(**hotkeys: str) -> dict[str, Any]:
    """Return what the list of art's labels sends, with some hotkeys changed."""
    labels = list(Label.objects.filter(department="art").order_by("order"))
    sent: dict[str, Any] = {
        "form-TOTAL_FORMS": len(labels),
        "form-INITIAL_FORMS": len(labels),
        "_save": "Save",
    }
    for place, label in enumerate(labels):
        sent[f"form-{place}-id"] = label.pk
        sent[f"form-{place}-order"] = label.order
        sent[f"form-{place}-hotkey"] = hotkeys.get(label.name, label.hotkey)
    return sent


@pytest.mark.parametrize(
    ("hotkeys", "says"),
    [
        ({"city": "1"}, "“1” gives “abstract”"),
        ({"city": "b", "water": "B"}, "“b” is meant to give “city” as well"),
        ({"city": "x"}, "uses “x” itself"),
    ],
)
def test_the_list_refuses_what_is_taken(client: Client, hotkeys: dict[str, str], says: str) -> None:
    url = reverse(LABELS, query={"department__exact": "art", "o": "3"})
    response = client.post(url, listed(**hotkeys))
    assert response.status_code == 200
    assert says in response.content.decode()
    assert named("city").hotkey == "4"


def test_the_list_changes_hotkeys(client: Client) -> None:
    url = reverse(LABELS, query={"department__exact": "art", "o": "3"})
    assert client.post(url, listed(city="C")).status_code == 302
    assert named("city").hotkey == "c"


def test_a_merged_label_gets_no_hotkey(client: Client) -> None:
    merge(named("city").pk, named("water").pk)
    url = reverse(LABELS, query={"department__exact": "art", "o": "3"})
    response = client.post(url, listed(city="b"))
    assert "city was merged into water: nobody can give it." in response.content.decode()


def test_a_label_that_was_given_is_merged_not_deleted(client: Client) -> None:
    say("city", prints()[0])
    url = reverse("admin:catalog_label_delete", args=[named("city").pk])
    response = client.post(url, {"post": "yes"}, follow=True)
    assert "“city” was not deleted" in messages(response)
    assert "Merge “city”" in response.content.decode()
    merge(named("city").pk, named("water").pk)
    assert "“city” stays" in messages(client.post(url, {"post": "yes"}, follow=True))
    unused = reverse("admin:catalog_label_delete", args=[named("animal").pk])
    assert client.post(unused, {"post": "yes"}).status_code == 302
    assert not Label.objects.filter(name="animal").exists()


def test_choices_hold_labels_in_use_only(client: Client) -> None:
    merge(named("city").pk, named("water").pk)
    add = client.get(reverse("admin:catalog_annotation_add")).content.decode()
    pictures = client.get(reverse("admin:catalog_picture_changelist")).content.decode()
    assert ">landscape</option>" in add
    assert ">city</option>" not in add
    assert "landscape" in pictures
    assert "city" not in pictures

"""One person's labels come in whole, can be changed, and make gold where people agree."""

from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from catalog.labelling import LabelReport, load_labels
from catalog.loading import LoadingError
from catalog.models import Adjudication, Annotation, Label, Picture
from catalog.reading import read_labels
from tests.factories import load_catalogue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def catalogue(media: Path, tmp_path: Path) -> Path:
    """Have three prints: images/0.jpg to images/2.jpg."""
    load_catalogue(tmp_path, 3)
    return tmp_path


def label(folder: Path, *lines: str, by: str = "anna", department: str = "art") -> LabelReport:
    """Import labels, each line as in a file: image,label."""
    file = folder / "labels.csv"
    file.write_text("\n".join(("image,label", *lines)) + "\n")
    return load_labels(read_labels(file), department=department, labeller_name=by)


def labels_by(name: str) -> dict[str, str | None]:
    return {
        annotation.picture.reference: annotation.label.name if annotation.label else None
        for annotation in Annotation.objects.filter(labeller__username=name).select_related(
            "picture", "label"
        )
    }


def test_it_works(catalogue: Path) -> None:
    report = label(catalogue, "images/0.jpg,water", "images/1.jpg,abstract")
    assert (report.created, report.updated, report.unchanged, report.failed) == (2, 0, 0, [])
    assert labels_by("anna") == {"images/0.jpg": "water", "images/1.jpg": "abstract"}


def test_the_same_labels_again_change_nothing(catalogue: Path) -> None:
    label(catalogue, "images/0.jpg,water", "images/1.jpg,")
    before = list(Annotation.objects.values_list("pk", "label", "created_at"))
    report = label(catalogue, "images/0.jpg,water", "images/1.jpg,")
    assert (report.created, report.updated, report.unchanged) == (0, 0, 2)
    assert list(Annotation.objects.values_list("pk", "label", "created_at")) == before


def test_an_empty_label_means_undecided(catalogue: Path) -> None:
    report = label(catalogue, "images/0.jpg,")
    assert report.created == 1
    assert labels_by("anna") == {"images/0.jpg": None}


def test_another_label_replaces_the_first(catalogue: Path) -> None:
    label(catalogue, "images/0.jpg,water", "images/1.jpg,city")
    report = label(catalogue, "images/0.jpg,abstract", "images/1.jpg,city")
    assert (report.created, report.updated, report.unchanged) == (0, 1, 1)
    assert labels_by("anna") == {"images/0.jpg": "abstract", "images/1.jpg": "city"}


def test_the_last_row_on_a_picture_counts(catalogue: Path) -> None:
    report = label(catalogue, "images/0.jpg,water", "images/0.jpg,city")
    assert report.created == 1
    assert labels_by("anna") == {"images/0.jpg": "city"}


def test_two_people_label_the_same_picture(catalogue: Path) -> None:
    label(catalogue, "images/0.jpg,water")
    label(catalogue, "images/0.jpg,city", by="ben")
    assert labels_by("anna") == {"images/0.jpg": "water"}
    assert labels_by("ben") == {"images/0.jpg": "city"}


def test_a_new_labeller_cannot_log_in(catalogue: Path) -> None:
    label(catalogue, "images/0.jpg,water", by="  anna ")
    anna = get_user_model().objects.get(username="anna")
    assert not anna.is_active
    assert not anna.has_usable_password()


def test_an_unknown_label_refuses_the_whole_file(catalogue: Path) -> None:
    with pytest.raises(LoadingError, match=r"Row 3: art has no label 'waves', only .*water"):
        label(catalogue, "images/0.jpg,water", "images/1.jpg,waves", "images/2.jpg,city")
    assert not Annotation.objects.exists()
    assert not get_user_model().objects.filter(username="anna").exists()


def test_a_label_of_the_other_department_is_unknown(catalogue: Path) -> None:
    with pytest.raises(LoadingError, match="art has no label 'rings'"):
        label(catalogue, "images/0.jpg,rings")


def test_an_unknown_department_is_refused(catalogue: Path) -> None:
    with pytest.raises(LoadingError, match="no department 'furniture': use one of art, jewelry"):
        label(catalogue, "images/0.jpg,water", department="furniture")
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("name", ["", "  ", "a" * 151])
def test_a_name_that_cannot_be_kept_is_refused(catalogue: Path, name: str) -> None:
    with pytest.raises(LoadingError, match="labeller needs a name of 1 to 150 characters"):
        label(catalogue, "images/0.jpg,water", by=name)
    assert not Annotation.objects.exists()


def test_an_unknown_picture_is_reported_and_stops_nothing(catalogue: Path) -> None:
    report = label(catalogue, "images/9.jpg,water", "images/1.jpg,water")
    assert report.failed == [{"row": 2, "reason": "no picture 'images/9.jpg' in the catalogue"}]
    assert labels_by("anna") == {"images/1.jpg": "water"}


def test_a_row_without_a_picture_is_reported(catalogue: Path) -> None:
    report = label(catalogue, ",water", "images/1.jpg,water")
    assert [failure["row"] for failure in report.failed] == [2]
    assert report.created == 1


def test_a_picture_of_the_other_department_is_not_found(catalogue: Path) -> None:
    report = label(catalogue, "images/0.jpg,rings", department="jewelry")
    assert [failure["row"] for failure in report.failed] == [2]
    assert not Annotation.objects.exists()


def test_gold_is_what_all_agree_on(catalogue: Path) -> None:
    zero, one, two = Picture.objects.order_by("reference")
    label(catalogue, "images/0.jpg,water", "images/1.jpg,water", "images/2.jpg,city")
    label(catalogue, "images/0.jpg,water", "images/1.jpg,city", by="ben")
    assert Annotation.objects.agreed() == {zero.pk: "water", two.pk: "city"}
    assert one.pk not in Annotation.objects.agreed()


def test_one_who_could_not_decide_does_not_agree(catalogue: Path) -> None:
    label(catalogue, "images/0.jpg,water")
    label(catalogue, "images/0.jpg,", by="ben")
    assert Annotation.objects.agreed() == {}


def test_what_fits_no_group_is_no_gold(catalogue: Path) -> None:
    assert not Label.objects.get(department="art", name="other").is_group
    label(catalogue, "images/0.jpg,other")
    label(catalogue, "images/0.jpg,other", by="ben")
    assert Annotation.objects.agreed() == {}


def test_what_was_decided_is_gold_whatever_labellers_say(catalogue: Path) -> None:
    zero, one, two = Picture.objects.order_by("reference")
    label(catalogue, "images/0.jpg,water", "images/1.jpg,water", "images/2.jpg,water")
    label(catalogue, "images/0.jpg,city", "images/1.jpg,water", by="ben")
    owner = User.objects.create(username="owner")
    city = Label.objects.get(department="art", name="city")
    Adjudication.objects.create(picture=zero, label=city, decided_by=owner)
    Adjudication.objects.create(picture=one, label=city, decided_by=owner)
    Adjudication.objects.create(picture=two, decided_by=owner)
    assert Annotation.objects.agreed() == {zero.pk: "city", one.pk: "city"}


def test_a_label_is_merged_into_another_one_without_its_hotkey() -> None:
    city, water = Label.objects.filter(department="art", name__in=["city", "water"])
    for hotkey, target in (("4", water), ("", city)):
        city.hotkey, city.merged_into = hotkey, target
        with pytest.raises(IntegrityError, match="label_merged_into_another"), transaction.atomic():
            city.save()
    city.hotkey, city.merged_into = "", water
    city.save()
    assert city not in Label.objects.in_department("art").in_use()


def test_a_changed_mind_makes_gold(catalogue: Path) -> None:
    label(catalogue, "images/0.jpg,water")
    label(catalogue, "images/0.jpg,city", by="ben")
    assert Annotation.objects.agreed() == {}
    label(catalogue, "images/0.jpg,water", by="ben")
    assert list(Annotation.objects.agreed().values()) == ["water"]

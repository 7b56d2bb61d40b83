"""Labels go out as CSV and as Label Studio's JSON, and come in again as they were."""

import csv
import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from catalog.exporting import FORMATS, SUFFIXES
from catalog.management.base import BadInput
from catalog.models import Annotation, Label, Picture, Source
from catalog.reading import FileError, LabelRow, RowError, read_labels
from catalog.reading.formulas import guarded, unguarded
from catalog.room.labels import merge, separate
from tests.catalog.room import curator, named, prints, signed_in
from tests.factories import load_catalogue

pytestmark = pytest.mark.django_db

WHEN = datetime(2026, 3, 31, 14, 5, 6, 789, tzinfo=UTC)


@pytest.fixture(autouse=True)
def catalogue(media: Path, tmp_path: Path) -> None:
    """Have three prints with odd names, labelled by people with odd names."""
    load_catalogue(tmp_path, 3)
    one, two, three = prints()
    Picture.objects.filter(pk=one.pk).update(reference="=1+1.jpg")
    Picture.objects.filter(pk=two.pk).update(reference='\'@ quoted, "twice".jpg')
    sums = Label.objects.create(department="art", name="=SUM(A1:A9)")
    water = Label.objects.get(department="art", name="water")
    for name, labels in {"@anna": (sums, water, None), "ben": (water, None, water)}.items():
        person = User.objects.create(username=name)
        for picture, label in zip((one, two, three), labels, strict=True):
            Annotation.objects.create(
                picture=picture, labeller=person, label=label, created_at=WHEN
            )


def said() -> set[tuple[object, ...]]:
    return set(
        Annotation.objects.values_list("picture", "labeller__username", "label__name", "created_at")
    )


def export(format: str, folder: Path) -> Path:
    file = folder / f"labels.{SUFFIXES[format]}"
    arguments = ["--department", "art", "--format", format, "--output", str(file), "--json"]
    out = StringIO()
    call_command("export_labels", *arguments, stdout=out)
    assert json.loads(out.getvalue()) == {"annotations": 6, "file": str(file)}
    return file


def bring(file: Path, *arguments: str) -> Any:
    out = StringIO()
    call_command(
        "import_labels", str(file), "--department", "art", *arguments, "--json", stdout=out
    )
    return json.loads(out.getvalue())


@pytest.mark.parametrize("format", FORMATS)
def test_it_works(format: str, tmp_path: Path) -> None:
    before = said()
    file = export(format, tmp_path)
    assert bring(file) == {"created": 0, "updated": 0, "unchanged": 6, "failed": []}
    Annotation.objects.filter(labeller__username="ben").update(label=None)
    Annotation.objects.filter(labeller__username="@anna").delete()
    assert bring(file) == {"created": 3, "updated": 2, "unchanged": 1, "failed": []}
    assert said() == before


def test_no_spreadsheet_takes_a_cell_for_a_formula(tmp_path: Path) -> None:
    with export("csv", tmp_path).open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["image", "label", "labeller", "created_at", "sha256", "source", "product"]
    assert rows[1][:4] == ["'=1+1.jpg", "'=SUM(A1:A9)", "'@anna", WHEN.isoformat()]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


@pytest.mark.parametrize(
    "text",
    ["", "a", "=a", "+1", "-1", "@a", "\ta", "\ra", "\na", "＝a", "'a", "'=a", "''=a", "'"],
)
def test_what_is_guarded_is_read_as_it_was(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "＝", "\t", "\r", "\n"))


def test_label_studio_gets_tasks_with_choices(tmp_path: Path) -> None:
    tasks = json.loads(export("label-studio", tmp_path).read_text())
    one = prints()[0]
    assert [task["id"] for task in tasks] == [picture.pk for picture in prints()]
    assert tasks[0]["data"]["image"] == f"/pictures/{one.sha256}/large.jpg"
    first = tasks[0]["annotations"][0]
    assert first["result"][0]["type"] == "choices"
    assert first["result"][0]["value"] == {"choices": ["=SUM(A1:A9)"]}
    assert first["completed_by"]["email"] == "@anna"
    assert not first["was_cancelled"]
    assert tasks[1]["annotations"][1]["was_cancelled"]


def test_an_export_of_label_studio_itself_comes_in(tmp_path: Path) -> None:
    file = tmp_path / "project.json"
    choice = {"type": "choices", "value": {"choices": ["water"]}}
    tasks = [
        {"data": {"image": "a.jpg"}, "annotations": [{"completed_by": 3, "result": [choice]}]},
        {
            "data": {"image": "b.jpg"},
            "annotations": [
                {
                    "completed_by": {"email": "ben@example.org"},
                    "created_at": "2026-03-31T14:05:06.000789Z",
                    "was_cancelled": True,
                    "result": [choice],
                },
                {"result": [choice, choice]},
            ],
        },
        {"data": {"image": "c.jpg"}, "total_annotations": 1},
        {"data": {}, "annotations": [{"result": []}]},
        "none",
    ]
    file.write_text(json.dumps(tasks))
    rows = list(read_labels(file))
    assert rows[:2] == [
        LabelRow(1, "a.jpg", "water", labeller="annotator 3"),
        LabelRow(2, "b.jpg", "", labeller="ben@example.org", created_at=WHEN),
    ]
    reasons = [row.reason for row in rows[2:] if isinstance(row, RowError)]
    assert [reason.split(":")[0] for reason in reasons] == [
        "has 2 choices",
        "it has no list of annotations",
        "image is missing",
        "is no task as Label Studio exports it",
    ]


@pytest.mark.parametrize(
    ("text", "says"), [("{", "cannot be read as JSON"), ("{}", "is no list of tasks")]
)
def test_what_is_no_export_is_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "labels.json"
    file.write_text(text)
    with pytest.raises(FileError, match=says):
        read_labels(file)


def test_rows_that_are_nobodys_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("image,label,labeller\nimages/2.jpg,water,\n")
    with pytest.raises(BadInput, match="Row 2 does not say whose label it is"):
        bring(file)
    assert bring(file, "--labeller", "cora")["created"] == 1


def test_a_time_that_is_none_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("image,label,created_at\nimages/2.jpg,water,yesterday\n")
    failed = bring(file, "--labeller", "cora")["failed"]
    assert "time “yesterday” is not like" in failed[0]["reason"]


def test_a_picture_is_found_by_its_bytes_where_names_repeat(tmp_path: Path) -> None:
    one, *_, three = prints()
    Picture.objects.filter(pk=one.pk).update(reference=three.reference)
    file = tmp_path / "labels.csv"
    file.write_text(f"image,label,sha256\n{three.reference},water,{three.sha256}\n")
    assert bring(file, "--labeller", "cora")["created"] == 1
    assert Annotation.objects.get(labeller__username="cora").picture == three


@pytest.mark.parametrize("format", FORMATS)
def test_products_that_share_a_picture_keep_their_own_labels(format: str, tmp_path: Path) -> None:
    one, two, three = prints()
    Source.objects.update(name="=shop")
    Picture.objects.update(reference="set.jpg", sha256=one.sha256)
    Annotation.objects.filter(picture=three).delete()
    Annotation.objects.filter(picture=two, labeller__username="ben").update(label=named("city"))
    more = Annotation.objects.get(picture=two, labeller__username="ben")
    more.pk, more.picture, more.label = None, three, named("water")
    more.save()
    more.pk, more.labeller = None, curator("cora")
    more.save()
    before = said()
    file = export(format, tmp_path)
    assert bring(file)["unchanged"] == 6
    Annotation.objects.all().delete()
    assert bring(file) == {"created": 6, "updated": 0, "unchanged": 0, "failed": []}
    assert said() == before
    # Without the product nobody else is labelled in its place; another catalogue has its own.
    Annotation.objects.all().delete()
    three.product.delete()
    assert bring(file)["created"] == 4
    Source.objects.update(name="elsewhere")
    Annotation.objects.all().delete()
    assert bring(file)["created"] == 6


def test_without_a_file_it_goes_to_stdout() -> None:
    out = StringIO()
    call_command("export_labels", "--department", "art", stdout=out)
    assert out.getvalue().startswith("image,label,labeller")
    with pytest.raises(BadInput, match="give --output as well"):
        call_command("export_labels", "--department", "art", "--json")


def test_what_cannot_be_exported_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no department 'furniture'"):
        call_command("export_labels", "--department", "furniture")
    with pytest.raises(BadInput, match="cannot be written"):
        file = tmp_path / "none" / "labels.csv"
        call_command("export_labels", "--department", "art", "--output", str(file))


@pytest.mark.parametrize("format", FORMATS)
def test_the_admin_has_a_link(format: str, tmp_path: Path) -> None:
    client = signed_in()
    url = f"/admin/catalog/annotation/export/art/{format}/"
    assert f'href="{url}"' in client.get("/admin/catalog/annotation/agreement/").content.decode()
    response = client.get(url)
    assert f'filename="art-labels.{SUFFIXES[format]}"' in response["Content-Disposition"]
    file = tmp_path / f"labels.{SUFFIXES[format]}"
    file.write_bytes(b"".join(response))
    assert bring(file)["unchanged"] == 6
    if format == "label-studio":
        assert json.loads(file.read_text())[0]["data"]["image"].startswith("http://testserver/")


def test_who_may_not_see_annotations_gets_none(client: Client) -> None:
    url = "/admin/catalog/annotation/export/art/csv/"
    client.force_login(User.objects.create(username="guest", is_staff=True))
    assert client.get(url).status_code == 403
    assert signed_in().get(url.replace("art", "furniture")).status_code == 404


WATER = {"type": "choices", "value": {"choices": ["water"]}}


@pytest.mark.parametrize(
    ("annotation", "says"),
    [
        ("water", "is no task as Label Studio exports it"),
        ({"result": "water"}, "its result is no list"),
        ({"result": ["water"]}, "is no task as Label Studio exports it"),
        ({"result": [{"type": "choices", "value": "water"}]}, "is no task"),
        ({"result": [{"type": "choices", "value": {"choices": "water"}}]}, "no list of texts"),
        ({"result": [{"type": "choices", "value": {"choices": [["water"]]}}]}, "no list of texts"),
        ({"result": [{"type": "rectanglelabels", "value": {}}]}, "“rectanglelabels” and no choice"),
        ({"result": [WATER], "completed_by": ["anna"]}, "neither a name nor a number"),
        ({"result": [WATER], "completed_by": True}, "neither a name nor a number"),
        ({"result": [WATER], "created_at": 5}, "time “5” is not like"),
    ],
)
def test_annotations_of_another_shape_are_reported_and_stop_nothing(
    tmp_path: Path, annotation: object, says: str
) -> None:
    file = tmp_path / "project.json"
    image = {"image": prints()[2].reference}
    last = {"completed_by": "cora", "result": [WATER, {"type": "textarea", "value": {}}]}
    file.write_text(json.dumps([{"data": image, "annotations": [annotation, last]}]))
    report = bring(file)
    assert (report["created"], len(report["failed"])) == (1, 1)
    assert says in report["failed"][0]["reason"]
    cora = Annotation.objects.get(labeller__username="cora")
    assert (cora.label, cora.picture) == (Label.objects.get(name="water"), prints()[2])


def test_the_short_json_of_label_studio_is_reported_row_by_row(tmp_path: Path) -> None:
    file = tmp_path / "project.json"
    file.write_text(json.dumps([{"image": "images/2.jpg", "choice": "water", "annotator": 1}]))
    report = bring(file)
    assert report["created"] == 0
    assert [failed["row"] for failed in report["failed"]] == [1]


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_exported_while_labels_are_merged_changes_nothing(
    format: str, tmp_path: Path
) -> None:
    before = said()
    merge(named("water").pk, named("city").pk)
    file = export(format, tmp_path)
    assert "water" not in file.read_text()
    assert bring(file)["unchanged"] == 6
    separate(named("water").pk)
    assert said() == before

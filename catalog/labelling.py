"""Import people's labels on pictures that the catalogue has."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import transaction

from catalog.loading import LoadingError, labeller_named, usable_name
from catalog.models import Annotation, Department, Label, Picture, no_such_department
from catalog.reading import LabelRow, RowError

if TYPE_CHECKING:
    from django.contrib.auth.models import User

UNDECIDED = ""
LABELLER_NAME_LENGTH = 150


@dataclass
class LabelReport:
    """What an import of labels did."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: list[dict[str, Any]] = field(default_factory=list)


@transaction.atomic
def load_labels(
    rows: Iterable[LabelRow | RowError], *, department: str, labeller_name: str | None = None
) -> LabelReport:
    """Store people's labels; all or nothing where a label is unknown.

    A row names its picture as the products file did, or more closely with its sha256; where
    products of one source share it, with the product. An empty label means undecided; a row that
    names nobody is ``labeller_name``'s; one without a time is of now. Rows whose picture is not in
    the catalogue are reported. The name of a label that was merged stores the one that took its
    place. Raises LoadingError for unknown labels and departments, for rows that are nobody's, and
    for a name that is empty or too long, with nothing stored.
    """
    if department not in Department.values:
        raise LoadingError(no_such_department(department))
    if labeller_name is not None:
        labeller_name = usable_name(labeller_name, "labeller", LABELLER_NAME_LENGTH)
    labels = {label.name: label for label in Label.objects.held(department).values()}
    report = LabelReport()
    wanted: dict[tuple[str, ...], LabelRow] = {}
    for row in rows:
        if isinstance(row, RowError):
            report.failed.append({"row": row.row, "reason": row.reason})
        elif row.label != UNDECIDED and row.label not in labels:
            in_use = [name for name, label in labels.items() if label.merged_into is None]
            raise LoadingError(
                f"Row {row.row}: {department} has no label {row.label!r}, only "
                f"{', '.join(in_use)}. Nothing was stored; add the label in the admin or mend the "
                "file."
            )
        elif not (row.labeller or labeller_name):
            raise LoadingError(
                f"Row {row.row} does not say whose label it is. Nothing was stored; "
                "give --labeller."
            )
        else:
            whose = row.labeller or labeller_name or ""
            name = usable_name(whose, "labeller", LABELLER_NAME_LENGTH)
            wanted[name, row.image, row.sha256, row.source, row.product] = row
    pictures = _pictures(department, wanted.values())
    labellers = {name: labeller_named(name) for name in sorted({name for name, *_ in wanted})}
    # Who labels in the room meanwhile waits: what they said last is compared, and nothing is lost.
    people = get_user_model().objects.filter(pk__in=[one.pk for one in labellers.values()])
    list(people.order_by("pk").select_for_update(no_key=True))
    known = Annotation.objects.in_department(department).filter(labeller__in=labellers.values())
    said = {
        (annotation.labeller_id, annotation.picture_id): annotation
        for annotation in known.select_related("label", "merged_from__merged_into")
    }
    for (name, *_), row in wanted.items():
        found = _meant(row, pictures.get(row.image, []))
        if not found:
            report.failed.append(
                {"row": row.row, "reason": f"no picture {row.image!r} in the catalogue"}
            )
        for picture in found:
            person, label = labellers[name], labels.get(row.label)
            key = person.pk, picture.pk
            said[key] = _annotate_one(report, said.get(key), row, picture, label, person)
    return report


def _pictures(department: str, rows: Collection[LabelRow]) -> dict[str, list[Picture]]:
    """Return the department's pictures by how their source named them."""
    pictures: dict[str, list[Picture]] = {}
    named = Picture.objects.in_department(department).filter(
        reference__in={row.image for row in rows}
    )
    for picture in named.select_related("product__source"):
        pictures.setdefault(picture.reference, []).append(picture)
    return pictures


def _meant(row: LabelRow, pictures: list[Picture]) -> list[Picture]:
    """Return those of the pictures of its name that a row is of."""
    found = [picture for picture in pictures if row.sha256 in ("", picture.sha256)]
    of_source = [picture for picture in found if picture.product.source.name == row.source]
    if not (row.product and of_source):
        # The catalogue has it from elsewhere, or the file does not say of which product it is.
        return found
    return [picture for picture in of_source if picture.product.external_id == row.product]


def _annotate_one(
    report: LabelReport,
    annotation: Annotation | None,
    row: LabelRow,
    picture: Picture,
    label: Label | None,
    labeller: "User",
) -> Annotation:
    when = row.created_at
    if annotation is None:
        annotation = Annotation(picture=picture, labeller=labeller)
        annotation.relabel(label, when)
        report.created += 1
    elif not annotation.says(label):
        annotation.relabel(label, when)
        report.updated += 1
    else:
        report.unchanged += 1
    return annotation

"""Import one person's labels on pictures that the catalogue has."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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


def load_labels(
    rows: Iterable[LabelRow | RowError], *, department: str, labeller_name: str
) -> LabelReport:
    """Store one person's labels; all or nothing where a label is unknown.

    A row names its picture as the products file did. An empty label means undecided. Rows whose
    picture is not in the catalogue are reported. Raises LoadingError for unknown labels and
    departments, and for a name that is empty or too long, with nothing stored.
    """
    if department not in Department.values:
        raise LoadingError(no_such_department(department))
    name = usable_name(labeller_name, "labeller", LABELLER_NAME_LENGTH)
    labels = {label.name: label for label in Label.objects.filter(department=department)}
    report = LabelReport()
    wanted: dict[str, LabelRow] = {}
    for row in rows:
        if isinstance(row, RowError):
            report.failed.append({"row": row.row, "reason": row.reason})
        elif row.label != UNDECIDED and row.label not in labels:
            raise LoadingError(
                f"Row {row.row}: {department} has no label {row.label!r}, only "
                f"{', '.join(labels)}. Nothing was stored; add the label in the admin or mend the "
                "file."
            )
        else:
            wanted[row.image] = row
    pictures: dict[str, list[Picture]] = {}
    for picture in Picture.objects.in_department(department).filter(reference__in=wanted):
        pictures.setdefault(picture.reference, []).append(picture)
    with transaction.atomic():
        labeller = labeller_named(name)
        mine = {
            annotation.picture_id: annotation
            for annotation in Annotation.objects.in_department(department).filter(labeller=labeller)
        }
        for row in wanted.values():
            found = pictures.get(row.image, [])
            if not found:
                report.failed.append(
                    {"row": row.row, "reason": f"no picture {row.image!r} in the catalogue"}
                )
            for picture in found:
                _annotate_one(report, mine, picture, labels.get(row.label), labeller)
    return report


def _annotate_one(
    report: LabelReport,
    mine: dict[int, Annotation],
    picture: Picture,
    label: Label | None,
    labeller: "User",
) -> None:
    annotation = mine.get(picture.pk)
    if annotation is None:
        Annotation.objects.create(picture=picture, label=label, labeller=labeller)
        report.created += 1
    elif annotation.label_id != (label.pk if label else None):
        annotation.relabel(label)
        report.updated += 1
    else:
        report.unchanged += 1

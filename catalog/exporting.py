"""Export a department's annotations: CSV, and Label Studio's JSON; ``catalog.labelling`` reads it.

Each is made while it is read, and holds every annotation with its person and time.
"""

import csv
import json
from collections.abc import Callable, Iterator
from io import StringIO
from itertools import groupby

from django.urls import reverse

from catalog.models import Annotation, Picture
from catalog.reading.formulas import guarded

COLUMNS = ("image", "label", "labeller", "created_at", "sha256", "source", "product")
AT_ONCE = 2000


def as_csv(department: str, site: str = "") -> Iterator[str]:
    """Yield lines of CSV, formula-safe, the columns COLUMNS; an empty label means undecided."""
    yield _line(COLUMNS)
    for annotation in _annotations(department):
        picture = annotation.picture
        yield _line(
            (
                guarded(picture.reference),
                guarded(annotation.label.name if annotation.label else ""),
                guarded(annotation.labeller.get_username()),
                annotation.created_at.isoformat(),
                picture.sha256,
                guarded(picture.product.source.name),
                guarded(picture.product.external_id),
            )
        )


def as_label_studio(department: str, site: str = "") -> Iterator[str]:
    """Yield a JSON list, a task for each picture in a line of its own.

    ``site`` is what goes before a picture's address: "https://example.org". The labelling
    configuration that it fits has <Image name="image"> and <Choices name="label">.
    """
    before = "[\n"
    by_picture = groupby(_annotations(department), lambda annotation: annotation.picture)
    for picture, annotations in by_picture:
        yield before + json.dumps(_task(picture, annotations, site), ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


FORMATS: dict[str, Callable[[str, str], Iterator[str]]] = {
    "csv": as_csv,
    "label-studio": as_label_studio,
}
NAMES = {"csv": "CSV", "label-studio": "Label Studio’s JSON"}
SUFFIXES = {"csv": "csv", "label-studio": "json"}


def _annotations(department: str) -> Iterator[Annotation]:
    rows = Annotation.objects.in_department(department)
    rows = rows.select_related("picture__product__source", "label", "labeller")
    return rows.order_by("picture", "created_at", "pk").iterator(AT_ONCE)


def _line(cells: tuple[str, ...]) -> str:
    line = StringIO(newline="")
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _task(picture: Picture, annotations: Iterator[Annotation], site: str) -> dict[str, object]:
    return {
        "id": picture.pk,
        "data": {
            "image": site + reverse("large_picture", args=[picture.sha256]),
            "title": picture.product.title,
            "reference": picture.reference,
            "sha256": picture.sha256,
            "source": picture.product.source.name,
            "product": picture.product.external_id,
        },
        "annotations": [
            {
                "id": annotation.pk,
                # Label Studio finds people by their e-mail address; others become who imports.
                "completed_by": {
                    "username": annotation.labeller.get_username(),
                    "email": annotation.labeller.get_username(),
                },
                "created_at": annotation.created_at.isoformat(),
                "was_cancelled": annotation.label is None,
                "result": [
                    {
                        "from_name": "label",
                        "to_name": "image",
                        "type": "choices",
                        "value": {"choices": [annotation.label.name]},
                    }
                ]
                if annotation.label
                else [],
            }
            for annotation in annotations
        ],
    }

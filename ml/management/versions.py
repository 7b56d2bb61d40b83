"""Choosing a model version on the command line."""

from catalog.management.base import BadInput
from catalog.models import Department, no_such_department
from ml.models import ModelVersion


def version_of(department: str, number: int | None) -> ModelVersion:
    """Return a department's version of this number, or the live one; raises BadInput.

    What is raised names the versions there are, or how the first one is made.
    """
    if department not in Department.values:
        raise BadInput(no_such_department(department))
    versions = ModelVersion.objects.in_department(department).order_by("number")
    chosen = (versions.live() if number is None else versions.filter(number=number)).first()
    if chosen is not None:
        return chosen
    wanted = "live version" if number is None else f"version {number}"
    there = list(versions.values_list("number", flat=True))
    if not there:
        raise BadInput(
            f"{department} has no {wanted}: run “manage.py train {department} --promote” first."
        )
    if number is None:
        raise BadInput(
            f"{department} has no live version: run “manage.py promote {department} --version "
            f"{there[-1]}” first, or name one with --version."
        )
    raise BadInput(f"{department} has no version {number}, only {', '.join(map(str, there))}.")

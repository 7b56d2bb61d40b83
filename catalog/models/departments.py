"""What products are for."""

from django.db import models
from django.db.models import Q


class Department(models.TextChoices):
    """What a product is for: each has labels, encoders and a way to show matches of its own."""

    ART = "art", "Art"
    JEWELRY = "jewelry", "Jewelry"


def no_such_department(name: str) -> str:
    """Say that a department is not one of ours, and which are."""
    return f"There is no department {name!r}: use one of {', '.join(Department.values)}."


def department_constraint(model: str) -> models.CheckConstraint:
    """Return the constraint that a row's department is one of ours."""
    return models.CheckConstraint(
        condition=Q(department__in=Department.values), name=f"{model}_department_known"
    )

"""What tests of the labelling room begin with: people who may label, and their answers."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.test import Client

from catalog.models import Annotation, Answer, Label, Picture
from catalog.room.answers import Outcome, answer


def curator(name: str = "cora") -> User:
    """Return a person who may label."""
    user, made = User.objects.get_or_create(username=name, defaults={"is_staff": True})
    if made:
        codes = ["add_annotation", "change_annotation", "view_annotation", "view_picture"]
        user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    return user


def signed_in(name: str = "cora") -> Client:
    client = Client()
    client.force_login(curator(name))
    return client


def first_labels() -> None:
    """Have the labels that the site begins with: a test that empties the database takes them."""
    import_module("catalog.migrations.0002_first_labels").add_labels(apps, None)


def prints() -> list[Picture]:
    """Return the pictures of art in the order they came in."""
    return list(Picture.objects.in_department("art").order_by("pk"))


def named(name: str, department: str = "art") -> Label:
    return Label.objects.get(department=department, name=name)


def say(
    label: str, *pictures: Picture, by: str = "cora", batch: UUID | None = None, **more: Any
) -> Outcome:
    """Label pictures, as one answer."""
    return answer(
        curator(by),
        "art",
        batch or uuid4(),
        [picture.pk for picture in pictures],
        Answer.Action.LABEL,
        label=named(label).pk,
        **more,
    )


def held(by: str = "cora") -> dict[int, str | None]:
    """Return a person's annotations: picture id -> label's name."""
    mine = Annotation.objects.filter(labeller__username=by)
    return dict(mine.order_by("picture").values_list("picture", "label__name"))


def ids(pictures: Sequence[Picture]) -> list[int]:
    return [picture.pk for picture in pictures]

"""What the live model says of pictures. The labelling room asks; ``ml`` answers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.db.models import QuerySet

from catalog.models import Picture


@dataclass(frozen=True, slots=True)
class Guess:
    """The label that the model gives a picture; ``probability`` in [0, 1], None if unmeasured."""

    label: str
    probability: float | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture, by id, and why it is shown, in words; "" where nobody needs to be told."""

    picture: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """How well a label is known, and what more labels would bring.

    ``curve`` holds (labelled pictures, recall, its lower and its upper bound), shares in [0, 1];
    ``text`` says in one sentence what to do.
    """

    label: str
    labelled: int
    curve: Sequence[tuple[int, float, float, float]]
    text: str


class Model(Protocol):
    """The live version of each department, as the labelling room asks for it.

    ``among`` are the pictures that may be shown; each answer has at most ``count`` of them, the
    first to show first. Without a live version, or where it does not know, all are empty.
    """

    def guesses(self, department: str, pictures: Collection[int]) -> Mapping[int, Guess]: ...

    def most_helpful(
        self, department: str, among: QuerySet[Picture], count: int
    ) -> list[Shown]: ...

    def least_sure(self, department: str, among: QuerySet[Picture], count: int) -> list[Shown]: ...

    def disagreeing(self, department: str, among: QuerySet[Picture], count: int) -> list[Shown]: ...

    def suspects(self, department: str, among: QuerySet[Picture], count: int) -> list[Shown]: ...

    def near(self, picture: int, among: QuerySet[Picture], count: int) -> list[Shown]: ...

    def look_alikes(self, department: str, pictures: Sequence[int]) -> list[list[int]]:
        """Return the pictures in groups that look alike, the largest group first."""

    def advice(self, department: str) -> list[Advice]: ...

    def cropped(self, department: str, jpeg: bytes) -> bytes:
        """Return a picture as the model looks at it, as JPEG; raises OSError for a broken one."""


class NoModel:
    """What is asked while no model is registered."""

    def guesses(self, department: str, pictures: Collection[int]) -> Mapping[int, Guess]:
        return {}

    def most_helpful(self, department: str, among: QuerySet[Picture], count: int) -> list[Shown]:
        return []

    least_sure = disagreeing = suspects = most_helpful

    def near(self, picture: int, among: QuerySet[Picture], count: int) -> list[Shown]:
        return []

    def look_alikes(self, department: str, pictures: Sequence[int]) -> list[list[int]]:
        return [list(pictures)] if pictures else []

    def advice(self, department: str) -> list[Advice]:
        return []

    def cropped(self, department: str, jpeg: bytes) -> bytes:
        return jpeg


_models: list[Model] = [NoModel()]


def register(model: Model) -> None:
    """Let the labelling room ask this model."""
    _models[:] = [model]


def model() -> Model:
    """Return the model that was registered."""
    return _models[0]

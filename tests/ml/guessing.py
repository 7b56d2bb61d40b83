"""What tests of guesses work with: twelve pictures, and a live version that knows three labels."""

from typing import Any

import numpy as np
from django.contrib.auth.models import User
from numpy.typing import NDArray

from catalog.models import Annotation, Label, Picture
from ml.models import DIMENSIONS, Embedding, ModelVersion

COUNT = 12
NAMES = ["abstract", "city", "water"]


def pks() -> list[int]:
    return list(Picture.objects.order_by("pk").values_list("pk", flat=True))


def apart(number: int, aside: int = 0, share: float = 0.0) -> NDArray[np.float64]:
    """Return a unit vector along one axis, turned towards another by a cosine distance."""
    vector = np.zeros(DIMENSIONS)
    vector[number] = 1 - share
    vector[aside] += np.sqrt(1 - (1 - share) ** 2) if share else 0
    return vector


def embed(
    version: ModelVersion,
    chances: list[float | None],
    vectors: list[NDArray[np.float64]] | None = None,
    labels: list[int | None] | None = None,
) -> None:
    """Embed the first pictures: their probabilities, far apart and "abstract" if not said."""
    for number, (pk, chance) in enumerate(zip(pks(), chances, strict=False)):
        Embedding.objects.create(
            picture_id=pk,
            product_id=Picture.objects.get(pk=pk).product_id,
            version=version,
            label=labels[number] if labels else 0,
            probability=chance,
            vector=(vectors[number] if vectors else apart(number)).tolist(),
        )


def label(name: str, *numbers: int, by: str = "cora") -> None:
    """Let a person label pictures, by their places."""
    labeller, _ = User.objects.get_or_create(username=by)
    given = Label.objects.get(department="art", name=name)
    for number in numbers:
        Annotation.objects.create(picture_id=pks()[number], label=given, labeller=labeller)


def places(shown: list[Any]) -> list[int]:
    order = pks()
    return [order.index(one.picture) for one in shown]


def everything() -> Any:
    return Picture.objects.active().in_department("art")

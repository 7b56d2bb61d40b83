"""Rows that the tests of model versions begin with."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from django.conf import settings
from django.contrib.auth.models import User

from catalog.models import Annotation, Label, Picture
from ml.models import DIMENSIONS, Embedding, ModelVersion, TrainingRun
from ml.networks.artifact import MANIFEST, NETWORK

NO_NETWORK = b"no network"
MANIFEST_OF_NONE = json.dumps({"sha256": hashlib.sha256(NO_NETWORK).hexdigest()}).encode()


def candidate(department: str = "art", *, promote: bool = False) -> ModelVersion:
    """Make a version whose artifact is no network, for what does not encode."""
    run = TrainingRun.objects.create(department=department, state="done", promote=promote)
    number = ModelVersion.objects.in_department(department).count() + 1
    return ModelVersion.objects.create(
        department=department,
        number=number,
        backbone="autoencoder",
        training_run=run,
        artifact=write_artifact(f"models/{department}/none-{run.pk}"),
        sha256=hashlib.sha256(MANIFEST_OF_NONE).hexdigest(),
    )


def write_artifact(folder: str) -> str:
    path = Path(settings.MEDIA_ROOT) / folder
    path.mkdir(parents=True, exist_ok=True)
    (path / NETWORK).write_bytes(NO_NETWORK)
    (path / MANIFEST).write_bytes(MANIFEST_OF_NONE)
    return folder


def fill(version: ModelVersion, seed: int = 0) -> None:
    """Give every picture that the version lacks a vector of unit length, drawn at random."""
    random = np.random.default_rng(seed)
    for picture in version.missing_pictures():
        vector = random.normal(size=DIMENSIONS)
        vector /= np.linalg.norm(vector)
        Embedding.objects.create(
            picture=picture, product_id=picture.product_id, version=version, vector=vector.tolist()
        )


def label_pictures(names: Sequence[str], department: str = "art") -> dict[int, str]:
    """Label the department's pictures with the names in turn; return the label by picture."""
    curator, _ = User.objects.get_or_create(username="curator")
    labels = [
        Label.objects.get_or_create(department=department, name=name, defaults={"hotkey": ""})[0]
        for name in names
    ]
    given = {}
    for number, picture in enumerate(Picture.objects.in_department(department).order_by("pk")):
        label = labels[number % len(labels)]
        Annotation.objects.create(picture=picture, label=label, labeller=curator)
        given[picture.pk] = label.name
    return given

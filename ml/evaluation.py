"""Measure a model version on labelled pictures and on companions."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.models import Label, Picture
from ml.models import DIMENSIONS, Embedding, ModelVersion
from ml.networks.files import picture_files
from ml.registry import encoder_of

BATCH = 64


class EvaluationError(ValueError):
    """What was asked cannot be measured; the text says why."""


@dataclass(frozen=True)
class Gallery:
    """The pictures measured on: row numbers by name, and vectors (n x 512, unit length)."""

    rows: dict[str, int]
    vectors: NDArray[np.float32]
    guesses: list[str]
    unreadable: int

    def row(self, image: str) -> int:
        """Return the row of a picture by its name, or by its file name alone where that is unique.

        Raises EvaluationError where there is none.
        """
        for name in (image, Path(image).name):
            if name in self.rows:
                return self.rows[name]
        raise EvaluationError(f"There is no readable picture {image!r} to measure on.")


def evaluate(
    version: ModelVersion,
    *,
    labels: Sequence[tuple[str, str]] = (),
    companions: Sequence[tuple[str, str]] = (),
    images: Path | None = None,
    on_progress: Callable[[float, float], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Return the measures of a version; what was not asked for is None.

    ``labels`` are (image, label), scored on exactly those pictures, merged labels as the ones in
    their place; ``companions`` (series, image), each picture a query among the whole gallery. The
    gallery is every picture under ``images``, or the catalogue's. Without labels the accuracy is
    the one cross-validated in training.

    Raises EvaluationError for pictures that are missing, labels that the department lacks and an
    artifact that cannot be loaded.
    """
    from ml.networks.metrics import companions_report, label_report

    started = time.perf_counter()
    today = Label.objects.in_department(version.department).todays_names()
    for image, label in labels:
        if label and label not in today:
            raise EvaluationError(
                f"{image}: {version.department} has no label {label!r}, only "
                f"{', '.join(sorted(set(today.values())))}."
            )
    # In the order in which it learnt them; two that were merged since are one.
    names = list(dict.fromkeys(today.get(name, name) for name in version.label_names))
    scored = [(image, today[label]) for image, label in labels if today.get(label) in names]
    if labels and not scored:
        raise EvaluationError(
            f"Version {version.number} knows none of these labels: it learnt "
            f"{', '.join(names) or 'none'}."
        )
    result: dict[str, Any] = {
        "department": version.department,
        "version": version.number,
        "accuracy": version.metrics.get("accuracy"),
        "macro_f1": version.metrics.get("macro_f1"),
        "accuracy_interval": version.metrics.get("accuracy_interval"),
        "confusion": version.metrics.get("confusion"),
        "calibration_error": version.metrics.get("calibration_error"),
        "sure_from": version.metrics.get("sure_from"),
        "other_sources": version.metrics.get("other_sources"),
        "elsewhere": version.metrics.get("elsewhere"),
        "measured_on": "cross-validation in training"
        if version.metrics.get("accuracy") is not None
        else None,
        "hit_at_3": None,
        "hit_at_10": None,
        "mrr": None,
    }
    count = version.metrics.get("label_count", 0)
    if labels or companions:
        gallery = (
            _folder_gallery(version, images, on_progress)
            if images is not None
            else _catalogue_gallery(version, [image for image, _ in scored], on_progress)
        )
        result["gallery"] = len(gallery.vectors)
        result["unreadable"] = gallery.unreadable
        if scored:
            guesses = [gallery.guesses[gallery.row(image)] for image, _ in scored]
            guesses = [today.get(guess, guess) for guess in guesses]
            result |= label_report([label for _, label in scored], guesses, names)
            learnt = _learnt(version, [image for image, _ in scored])
            result["measured_on"] = "the labels given"
            if learnt:
                result["measured_on"] += f", {learnt} of which it learnt from"
            result["labels_learnt"] = learnt
            result["labels_skipped"] = len(labels) - len(scored)
            count = len(scored)
        if companions:
            result |= companions_report(
                [(series, gallery.row(image)) for series, image in companions], gallery.vectors
            )
            count = len(scored) or result["companion_count"]
    return {**result, "count": count, "seconds": round(time.perf_counter() - started, 1)}


def _learnt(version: ModelVersion, images: Sequence[str]) -> int:
    """Return how many of these pictures of the catalogue the version learnt a label from."""
    named = Picture.objects.in_department(version.department).filter(reference__in=images)
    learnt = version.metrics.get("guesses", {})
    return sum(str(pk) in learnt for pk in named.values_list("pk", flat=True))


def _folder_gallery(
    version: ModelVersion, folder: Path, on_progress: Callable[[float, float], None]
) -> Gallery:
    """Encode every picture below a folder, named by its path there."""
    files = picture_files(folder)
    if not files:
        raise EvaluationError(f"There are no pictures in {folder}.")
    names = [path.relative_to(folder).as_posix() for path in files]
    return _encoded(version, names, [path.read_bytes for path in files], on_progress)


def _encoded(
    version: ModelVersion,
    names: Sequence[str],
    reads: Sequence[Callable[[], bytes]],
    on_progress: Callable[[float, float], None],
) -> Gallery:
    from ml.networks.artifact import ArtifactError
    from ml.networks.pixels import decode_rgb

    try:
        encoder = encoder_of(version)
    except ArtifactError as error:
        raise EvaluationError(str(error)) from error
    kept: list[str] = []
    vectors = [np.zeros((0, DIMENSIONS), np.float32)]
    guesses: list[str] = []
    for start in range(0, len(names), BATCH):
        arrays = []
        for name, read in zip(
            names[start : start + BATCH], reads[start : start + BATCH], strict=True
        ):
            try:
                arrays.append(decode_rgb(read()))
            except (OSError, ValueError):
                continue
            kept.append(name)
        encoding = encoder.encode(arrays)
        vectors.append(encoding.vectors)
        if encoding.probabilities is not None:
            guesses += [encoder.label_names[best] for best in encoding.probabilities.argmax(axis=1)]
        on_progress(min(start + BATCH, len(names)), len(names))
    return Gallery(
        _by_name(kept), np.concatenate(vectors), guesses, unreadable=len(names) - len(kept)
    )


def _catalogue_gallery(
    version: ModelVersion, labelled: Sequence[str], on_progress: Callable[[float, float], None]
) -> Gallery:
    """Take the vectors that the catalogue has; labels' pictures are encoded for their guesses."""
    rows = list(
        Embedding.objects.of_version(version)
        .filter(picture__in=Picture.objects.active())
        .order_by("picture")
        .values_list("picture__reference", "vector")
    )
    if not rows:
        raise EvaluationError(
            f"Version {version.number} of {version.department} has no embeddings: run “manage.py "
            f"embed {version.department} --version {version.number}” first."
        )
    names = [reference for reference, _ in rows]
    vectors = np.array([vector for _, vector in rows], dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    gallery = Gallery(_by_name(names), vectors, [""] * len(names), unreadable=0)
    if labelled:
        lines = sorted({gallery.row(image) for image in labelled})
        pictures = {
            picture.reference: picture
            for picture in Picture.objects.active()
            .in_department(version.department)
            .filter(reference__in={names[line] for line in lines})
        }
        encoded = _encoded(
            version,
            [str(line) for line in lines],
            [pictures[names[line]].read for line in lines],
            on_progress,
        )
        for line in lines:
            if str(line) not in encoded.rows:
                raise EvaluationError(f"The picture {names[line]!r} cannot be read any more.")
            gallery.guesses[line] = encoded.guesses[encoded.rows[str(line)]]
    return gallery


def _by_name(names: Sequence[str]) -> dict[str, int]:
    """Return row numbers by full name, and by file name where only one picture has it."""
    short: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        short.setdefault(Path(name).name, []).append(row)
    unique = {name: rows[0] for name, rows in short.items() if len(rows) == 1}
    return unique | {name: row for row, name in enumerate(names)}

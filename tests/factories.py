"""Small catalogues and encoders for tests: drawn here, trained for real."""

import csv
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from PIL import Image, ImageDraw

from catalog.loading import ImportReport, load_products
from catalog.reading import read_products
from ml.embedding import embeddings
from ml.models import Embedding, ModelVersion, TrainingRun
from ml.networks.training import TrainedEncoder, train_encoder

COLOURS = ["firebrick", "seagreen", "royalblue", "goldenrod", "indigo", "coral", "teal", "olive"]


def draw(number: int, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """Draw a picture that differs with its number: shapes and colours on a tinted ground."""
    random = np.random.default_rng(number)
    ground = tuple(int(part) for part in random.integers(120, 256, 3))
    image = Image.new("RGB", size, ground)
    pen = ImageDraw.Draw(image)
    for _ in range(6):
        x, y = int(random.integers(0, size[0])), int(random.integers(0, size[1]))
        radius = int(random.integers(8, 45))
        shape = pen.ellipse if random.random() < 0.5 else pen.rectangle
        shape((x - radius, y - radius, x + radius, y + radius), fill=str(random.choice(COLOURS)))
    return image


def jpeg(number: int = 0, size: tuple[int, int] = (160, 120)) -> bytes:
    """Return a drawn picture as JPEG bytes."""
    data = BytesIO()
    draw(number, size).save(data, "JPEG", quality=90)
    return data.getvalue()


def write_catalogue(
    folder: Path, count: int, department: str = "art", **columns: list[Any]
) -> Path:
    """Write ``count`` drawn products as CSV with pictures; prices are 10, 20, 30 …

    ``columns`` replaces or adds columns, one value a product.
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(count):
        name = f"images/{number}.jpg"
        (folder / name).write_bytes(jpeg(number))
        rows.append(
            {
                "external_id": f"{department}-{number}",
                "title": f"Piece {number}",
                "url": f"https://shop.example/{department}/{number}",
                "image": name,
                "price": f"{(number + 1) * 10}.00",
                "currency": "USD",
                "department": department,
                **{column: values[number] for column, values in columns.items()},
            }
        )
    file = folder / "products.csv"
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def load_catalogue(
    folder: Path, count: int, department: str = "art", **columns: list[Any]
) -> ImportReport:
    """Write a drawn catalogue and import it."""
    file = write_catalogue(folder, count, department, **columns)
    return load_products(read_products(file), source_name="test shop", folder=folder)


def train_small(department: str = "art", count: int = 24) -> TrainedEncoder:
    """Train a real encoder on drawn pictures, half of them labelled."""
    names = ["abstract", "water"] if department == "art" else ["earrings", "rings"]
    return train_encoder(
        range(count),
        lambda number: np.asarray(draw(number)),
        {number: names[number % 2] for number in range(count)},
        department=department,
    )


def make_version(
    artifact: Path, sha256: str, trained: TrainedEncoder, *, live: bool = False
) -> ModelVersion:
    """Make a version row with a copy of a trained artifact; ``live`` embeds and promotes it."""
    run = TrainingRun.objects.create(department=trained.department, state="done")
    folder = f"models/{trained.department}/test-{run.pk}"
    shutil.rmtree(Path(settings.MEDIA_ROOT) / folder, ignore_errors=True)
    shutil.copytree(artifact, Path(settings.MEDIA_ROOT) / folder)
    numbers = ModelVersion.objects.in_department(trained.department).count()
    version = ModelVersion.objects.create(
        department=trained.department,
        number=numbers + 1,
        backbone=trained.backbone,
        training_run=run,
        artifact=folder,
        sha256=sha256,
        label_names=list(trained.label_names),
        metrics=trained.metrics,
        distances=trained.distances,
    )
    if live:
        embed_without_index(version)
        version.promote()
    return version


def embed_without_index(version: ModelVersion) -> None:
    """Embed all pictures inside the test's transaction, where no index can be built."""
    from ml.networks.pixels import decode_rgb
    from ml.registry import encoder_of

    pictures = list(version.missing_pictures())
    if pictures:
        encoding = encoder_of(version).encode([decode_rgb(p.read()) for p in pictures])
        Embedding.objects.bulk_create(embeddings(version, pictures, encoding))

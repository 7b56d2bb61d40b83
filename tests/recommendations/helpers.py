"""What tests of pages, API and search share: hand-made vectors, visitors' photos, their results."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from html.parser import HTMLParser
from itertools import count, zip_longest
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from django.core.files.uploadedfile import SimpleUploadedFile
from numpy.typing import NDArray

from catalog.models import Picture, Product, Source
from catalog.photos import clean_photo
from ml.models import DIMENSIONS, Embedding, ModelVersion, TrainingRun
from recommendations import services
from recommendations.models import Submission
from recommendations.search import Wishes
from recommendations.tasks import process_submission
from tests.factories import jpeg

Vector = NDArray[np.float32]

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200"><rect/></svg>'
BAD_PHOTOS: dict[str, tuple[Callable[[], bytes], str]] = {
    "no picture": (lambda: b"A letter, not a picture. " * 40, "not a picture"),
    "empty": (lambda: b"", "empty"),
    "truncated": (lambda: jpeg(1)[:1500], "damaged or was cut off"),
    "a drawing with code": (lambda: SVG, "cannot be read here"),
    "tiny": (lambda: jpeg(1, (16, 16)), "smaller than 32 x 32"),
    "a strip": (lambda: jpeg(1, (1300, 40)), "more than 20 times as long"),
}

_numbers = count()


def near(distance: float, axis: int = 1) -> Vector:
    """Return a unit vector at this cosine distance from the first axis, leaning to another."""
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    vector[0] = 1 - distance
    vector[axis] = sqrt(1 - vector[0] ** 2)
    return vector


def new_version(department: str = "art", *, live: bool = False) -> ModelVersion:
    """Make the row of a version whose vectors are made by hand."""
    return ModelVersion.objects.create(
        department=department,
        number=ModelVersion.objects.in_department(department).count() + 1,
        state=ModelVersion.State.LIVE if live else ModelVersion.State.CANDIDATE,
        training_run=TrainingRun.objects.create(department=department, state="done"),
    )


def add_products(version: ModelVersion, vectors: Sequence[Vector], **fields: Any) -> list[Product]:
    """Add products of one picture each, embedded by hand; ``fields`` may be called with a place."""
    source, _ = Source.objects.get_or_create(name="vector shop")
    products, pictures, labels = [], [], []
    for place, _vector in enumerate(vectors):
        number = next(_numbers)
        given = {name: one(place) if callable(one) else one for name, one in fields.items()}
        hashes = {
            "sha256": given.pop("sha256", f"{number:064x}"),
            "perceptual_hash": given.pop("perceptual_hash", scattered(number)),
        }
        label = given.pop("label", None)
        product = Product(
            **{
                "source": source,
                "department": version.department,
                "external_id": f"v-{number}",
                "title": f"Vector {number}",
                "price": 10,
                **given,
            }
        )
        labels.append(label)
        products.append(product)
        pictures.append(new_picture(product, **hashes))
    Product.objects.bulk_create(products)
    Picture.objects.bulk_create(pictures)
    embed(version, dict(zip(pictures, vectors, strict=True)), labels)
    return products


def scattered(number: int) -> int:
    """Return signed 64 bits that differ in many from those of other numbers."""
    return int.from_bytes(sha256(b"%d" % number).digest()[:8], signed=True)


def new_picture(product: Product, sha256: str, perceptual_hash: int = 1) -> Picture:
    return Picture(
        product=product, sha256=sha256, perceptual_hash=perceptual_hash, width=100, height=100
    )


def embed(
    version: ModelVersion, vectors: dict[Picture, Vector], labels: Sequence[int | None] = ()
) -> None:
    Embedding.objects.bulk_create(
        Embedding(
            picture=picture,
            product_id=picture.product_id,
            version=version,
            label=label,
            vector=vector.tolist(),
        )
        for (picture, vector), label in zip_longest(vectors.items(), labels)
    )


def upload(data: bytes | None = None, name: str = "piece.jpg") -> SimpleUploadedFile:
    """Return a photo as a browser sends it."""
    return SimpleUploadedFile(name, jpeg(100) if data is None else data, "image/jpeg")


def ask(department: str = "art", **wishes: Any) -> Submission:
    """Submit a drawn photo."""
    return services.submit(clean_photo(jpeg(100)), Wishes(department, **wishes))


def answered(submission: Submission) -> Submission:
    """Do a worker's work on the submission and return it as the database holds it then."""
    process_submission(submission.pk)
    submission.refresh_from_db()
    return submission


def files(folder: Path) -> list[str]:
    """Return the visitors' files under a media folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.glob("photos/**/*.*"))


def content(response: Any) -> bytes:
    """Read all of a response, which lets go of the file it serves."""
    data: bytes = response.getvalue()
    return data


class Elements(HTMLParser):
    """Collect a page's elements and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]

    def words(self) -> str:
        return " ".join(self.text.split())

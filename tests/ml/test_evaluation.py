"""Which pictures a version is measured on."""

from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from catalog.models import Picture, Product
from ml.evaluation import EvaluationError, evaluate
from ml.models import ModelVersion
from tests.conftest import Encoders
from tests.factories import draw, jpeg, load_catalogue
from tests.ml.rows import label_pictures

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(small_encoders: Encoders, tmp_path: Path, media: Path) -> ModelVersion:
    """Return a version that has embedded six pictures, labelled in turn."""
    load_catalogue(tmp_path, 6)
    label_pictures(["abstract", "water"])
    return small_encoders.version("art", live=True)


def test_it_works(version: ModelVersion) -> None:
    rows = [("series", f"images/{number}.jpg") for number in range(2)]
    report = evaluate(version, companions=rows)
    assert (report["gallery"], report["count"], report["hit_at_10"]) == (6, 2, 1.0)


def test_what_is_no_longer_offered_is_not_measured_on(version: ModelVersion) -> None:
    Product.objects.filter(external_id="art-5").update(is_active=False)
    rows = [("series", f"images/{number}.jpg") for number in range(2)]
    assert evaluate(version, companions=rows)["gallery"] == 5
    with pytest.raises(EvaluationError, match=r"no readable picture 'images/5\.jpg'"):
        evaluate(version, companions=[*rows, ("series", "images/5.jpg")])


def pictures(folder: Path) -> Path:
    """Write two pictures of one name, and of each a smaller copy."""
    for name, number in (("1.jpg", 1), ("a/1.jpg", 2)):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(jpeg(number))
        draw(number).resize((120, 90)).save(folder / f"small {number}.png")
    return folder


def test_a_picture_is_the_one_of_its_whole_name(version: ModelVersion, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures")
    for image, copy in (("1.jpg", "small 1.png"), ("a/1.jpg", "small 2.png")):
        rows = [("series", image), ("series", copy)]
        assert evaluate(version, companions=rows, images=folder)["mrr"] == 1


def test_a_name_that_two_pictures_have_means_neither(version: ModelVersion, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures")
    (folder / "1.jpg").rename(folder / "b.jpg")
    (folder / "b").mkdir()
    (folder / "b.jpg").rename(folder / "b" / "1.jpg")
    rows = [("series", "1.jpg"), ("series", "small 1.png")]
    with pytest.raises(EvaluationError, match=r"no readable picture '1\.jpg'"):
        evaluate(version, companions=rows, images=folder)


def test_a_label_that_the_version_has_not_learnt_is_not_scored(version: ModelVersion) -> None:
    rows = [("images/0.jpg", "abstract"), ("images/1.jpg", "city"), ("images/2.jpg", "")]
    report = evaluate(version, labels=rows)
    assert (report["count"], report["labels_skipped"]) == (1, 2)


def test_a_labelled_picture_that_is_gone_is_named(version: ModelVersion) -> None:
    picture = Picture.objects.get(reference="images/3.jpg")
    default_storage.delete(str(picture.file))
    with pytest.raises(EvaluationError, match=r"The picture 'images/3\.jpg' cannot be read any"):
        evaluate(version, labels=[("images/3.jpg", "water")])

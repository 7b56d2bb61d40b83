"""The recommend command: what it prints, what it draws, and how it refuses."""

import json
import xml.etree.ElementTree as ET
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command

from catalog.management.base import BadInput
from catalog.models import Picture, Product
from ml.models import ModelVersion
from recommendations.management.commands.recommend import Command
from recommendations.models import Submission
from recommendations.walls import print_name
from tests.factories import jpeg
from tests.recommendations.helpers import BAD_PHOTOS, files

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "piece.jpg"
    path.write_bytes(jpeg(100))
    return path


def recommend(*arguments: object) -> str:
    out = StringIO()
    call_command("recommend", *map(str, arguments), "--department", "art", stdout=out)
    return out.getvalue()


def refusal(*arguments: object) -> str:
    with pytest.raises(BadInput) as caught:
        recommend(*arguments)
    assert caught.value.returncode == 2
    return str(caught.value)


def test_it_works(art: ModelVersion, photo: Path, media: Path) -> None:
    printed = recommend(photo, "--price-min", "20", "--price-max", "90", "--count", "3", "--json")
    result = json.loads(printed)
    assert printed.count("\n") == 1
    assert set(result) >= {
        "department",
        "label",
        "confidence",
        "matches",
        "model_version",
        "took_ms",
    }
    assert (result["department"], result["model_version"]) == ("art", art.number)
    assert result["label"] in art.label_names
    assert 0 < result["confidence"] <= 1
    assert result["took_ms"] >= 0
    matches = result["matches"]
    assert [match["rank"] for match in matches] == [1, 2, 3]
    for match in matches:
        assert set(match) == {
            "rank",
            "external_id",
            "title",
            "price",
            "currency",
            "url",
            "distance",
        }
        assert match["external_id"].startswith("art-")
        assert 20 <= match["price"] <= 90
        assert match["currency"] == "USD"
        assert match["url"].startswith("https://shop.example/art/")
    distances = [match["distance"] for match in matches]
    assert distances == sorted(distances)
    assert not Submission.objects.exists()
    assert files(media) == []


def test_the_wall_is_one_file_with_all_in_it(
    art: ModelVersion, photo: Path, tmp_path: Path
) -> None:
    wall = tmp_path / "wall.svg"
    printed = recommend(photo, "--count", "4", "--wall", wall)
    assert printed.startswith("1. Piece ")
    assert "https://shop.example/art/" in printed
    drawing = ET.parse(wall)
    images = list(drawing.iter("{http://www.w3.org/2000/svg}image"))
    assert len(images) == 5
    assert all(image.attrib["href"].startswith("data:image/jpeg;base64,") for image in images)
    assert "yours" in "".join(drawing.getroot().itertext())

    printed = recommend(photo, "--price-max", "5", "--wall", wall)
    assert "The next piece costs 10.00 USD." in printed
    assert len(list(ET.parse(wall).iter("{http://www.w3.org/2000/svg}image"))) == 1

    wall.unlink()
    wall.mkdir()
    assert "cannot be written" in refusal(photo, "--wall", wall)


def test_pictures_that_are_gone_are_left_out_of_the_wall(
    art: ModelVersion, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = tmp_path / "wall.svg"
    kept, gone = Picture.objects.all()[:3], Picture.objects.all()[3:]
    for picture in gone:
        default_storage.delete(str(picture.file))
    recommend(photo, "--count", "24", "--wall", wall)
    images = list(ET.parse(wall).iter("{http://www.w3.org/2000/svg}image"))
    assert len(images) == 4
    for picture in kept:
        default_storage.delete(str(picture.file))
        default_storage.delete(print_name(picture.sha256))
    wall.unlink()
    assert len(list(Picture.objects.filter(is_readable=True))) == 3
    monkeypatch.setattr("recommendations.services.ATTEMPTS", 2)
    assert "import them again" in refusal(photo, "--count", "1", "--wall", wall)
    assert not wall.exists()


def test_only_pieces_of_a_label_are_found(art: ModelVersion, photo: Path) -> None:
    of_label = {
        name: set(
            Product.objects.filter(
                embeddings__version=art, embeddings__label=art.label_names.index(name)
            ).values_list("external_id", flat=True)
        )
        for name in art.label_names
    }
    assert sum(map(len, of_label.values())) == 12
    for name, products in of_label.items():
        output = json.loads(recommend(photo, "--label", name, "--count", "24", "--json"))
        assert {match["external_id"] for match in output["matches"]} <= products
        assert bool(output["matches"]) == bool(products)
    assert "knows no label 'mist', only abstract, water" in refusal(photo, "--label", "mist")


def test_without_a_live_version_it_says_what_to_run(photo: Path) -> None:
    assert "manage.py train art --promote" in refusal(photo)


@pytest.mark.parametrize("case", BAD_PHOTOS)
def test_what_is_no_photo_is_refused(tmp_path: Path, case: str) -> None:
    make, says = BAD_PHOTOS[case]
    path = tmp_path / "photo.jpg"
    path.write_bytes(make())
    reason = refusal(path)
    assert reason.startswith(str(path))
    assert says in reason


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--price-min", "50", "--price-max", "20"], "lowest price (50) is above the highest (20)"),
        (["--price-max", "-1"], "between 0 and"),
        (["--price-max", "NaN"], "between 0 and"),
        (["--price-min", "Infinity"], "between 0 and"),
        (["--price-max", "1e400"], "between 0 and"),
        (["--price-max", "cheap"], "'cheap'"),
        (["--count", "0"], "1 to 24, not 0"),
        (["--count", "25"], "1 to 24, not 25"),
        (["--wall", "no/such/folder/wall.svg"], "There is no folder"),
        (["--department", "garden"], "There is no department 'garden'"),
        (["--department", "jewelry", "--wall", "wall.svg"], "hangs art only"),
    ],
    ids=str,
)
def test_bad_wishes_are_refused(photo: Path, arguments: list[str], says: str) -> None:
    with pytest.raises(BadInput) as caught:
        call_command("recommend", str(photo), "--department", "art", *arguments)
    assert caught.value.returncode == 2
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("missing.jpg", []),
        ("", []),
        ("piece.jpg", ["--price-max", "cheap"]),
        ("piece.jpg", ["--price-min", "9", "--price-max", "8"]),
        ("piece.jpg", ["--department", "garden"]),
    ],
    ids=["missing", "a folder", "a price", "upside down", "a department"],
)
def test_bad_input_ends_with_two_and_one_line_on_stderr(
    photo: Path, name: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    given: list[Any] = ["recommend", str(photo.parent / name), "--department", "art", *arguments]
    with pytest.raises(SystemExit) as ended:
        Command().run_from_argv(["manage.py", *given])
    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1

"""train, embed and evaluate, as an operator runs them."""

import json
import shutil
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError

from catalog.models import Label, Picture
from catalog.room.labels import merge
from ml.models import Embedding, ModelVersion, TrainingRun
from ml.networks.pixels import decode_rgb
from ml.registry import encoder_of
from ml.services import fingerprint
from tests.conftest import Encoders
from tests.factories import draw, jpeg, load_catalogue
from tests.ml.rows import candidate, label_pictures

pytestmark = pytest.mark.django_db


def said(*arguments: object) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def reported(*arguments: object) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(said(*arguments, "--json"))
    return result


def refusal(*arguments: object) -> str:
    """Return the one line that a command refuses its input with."""
    out = StringIO()
    with pytest.raises(CommandError) as refused:
        call_command(*map(str, arguments), stdout=out)
    assert refused.value.returncode == 2
    assert out.getvalue() == ""
    line = str(refused.value)
    assert "\n" not in line
    return line


def write_csv(folder: Path, columns: str, rows: Sequence[tuple[str, str]]) -> Path:
    file = folder / "rows.csv"
    file.write_text("\n".join([columns, *(",".join(row) for row in rows)]) + "\n")
    return file


@pytest.mark.django_db(transaction=True)
def test_training_to_evaluation(tmp_path: Path, media: Path) -> None:
    load_catalogue(tmp_path, 20)
    given = label_pictures(["abstract", "water"])
    result = reported("train", "art", "--promote")
    assert (result["version"], result["department"], result["state"]) == (1, "art", "live")
    assert result["backbone"] == "compact"
    assert 0 <= result["accuracy"] <= 1
    assert 0 <= result["macro_f1"] <= 1
    assert (result["pictures"], result["labelled"], result["skipped"]) == (20, len(given), 0)
    assert result["seconds"] > 0
    version = ModelVersion.objects.live().get()
    assert version.embeddings.count() == 20
    assert TrainingRun.objects.get().state == "done"

    again = reported("embed", "art")
    assert (again["embedded"], again["present"]) == (0, 20)
    assert again["pictures_per_second"] is None

    measured = reported("evaluate", "art")
    assert measured["accuracy"] == result["accuracy"]
    assert measured["measured_on"] == "cross-validation in training"
    assert measured["hit_at_3"] is None
    assert measured["count"] == 20
    # 20 products for 10 to 200 dollars: under ever lower prices, all that exist come.
    assert [(one["price_max"], one["exist"]) for one in measured["filled"]] == [
        ("200.00", 20),
        ("100.00", 10),
        ("40.00", 4),
        ("20.00", 2),
        ("10.00", 1),
        ("10.00", 1),
        ("10.00", 1),
    ]
    assert [one["filled"] for one in measured["filled"]] == [1.0] * 7


@pytest.mark.django_db(transaction=True)
def test_embedding_every_version_that_lacks_pictures(
    small_encoders: Encoders, tmp_path: Path, media: Path
) -> None:
    load_catalogue(tmp_path, 5)
    first, second = small_encoders.version("art", live=True), small_encoders.version("art")
    default_storage.delete(str(Picture.objects.order_by("pk")[4].file))
    result = reported("embed")
    assert (result["embedded"], result["unreadable"], result["present"]) == (4, 1, 8)
    assert result["pictures_per_second"] > 0
    # What cannot be read is found through no version.
    assert (first.embeddings.count(), second.embeddings.count()) == (4, 4)
    assert said("embed", "art").startswith("0 pictures embedded, 8 present")


@pytest.mark.django_db(transaction=True)
def test_a_retired_version_is_embedded_by_its_number_to_roll_back(
    small_encoders: Encoders, tmp_path: Path, media: Path
) -> None:
    load_catalogue(tmp_path, 2)
    first = small_encoders.version("art", live=True)
    small_encoders.version("art", live=True)
    load_catalogue(tmp_path, 3)
    assert reported("embed", "art")["embedded"] == 1
    assert reported("embed", "art", "--version", 1)["embedded"] == 1
    first.promote()
    assert ModelVersion.objects.live().get() == first


def test_labels_are_scored_on_exactly_those_pictures(
    small_encoders: Encoders, tmp_path: Path, media: Path
) -> None:
    load_catalogue(tmp_path, 12)
    label_pictures(["abstract", "water"])
    version = small_encoders.version("art", live=True)
    rows = [(f"images/{number}.jpg", ["abstract", "water"][number % 2]) for number in range(10)]
    undecided = [("images/10.jpg", "")]
    learnt = Picture.objects.filter(reference__in=["images/0.jpg", "images/7.jpg", "images/11.jpg"])
    version.metrics["guesses"] = {str(picture.pk): "water" for picture in learnt}
    version.save()
    result = reported(
        "evaluate", "art", "--labels", write_csv(tmp_path, "image,label", rows + undecided)
    )
    pictures = [decode_rgb(p.read()) for p in Picture.objects.order_by("pk")[:10]]
    probabilities = encoder_of(version).encode(pictures).probabilities
    assert probabilities is not None
    guesses = probabilities.argmax(axis=1)
    assert result["accuracy"] == np.mean(guesses == np.arange(10) % 2)
    # A network does well on what it learnt from.
    assert result["measured_on"] == "the labels given, 2 of which it learnt from"
    assert result["labels_learnt"] == 2
    assert (result["count"], result["labels_skipped"], result["gallery"]) == (10, 1, 12)
    assert np.sum(result["confusion"]["counts"]) == 10
    assert result["mrr"] is None


def test_labels_that_were_merged_are_scored_as_the_one_in_their_place(
    small_encoders: Encoders, tmp_path: Path, media: Path
) -> None:
    load_catalogue(tmp_path, 12)
    label_pictures(["abstract", "water"])
    small_encoders.version("art", live=True)
    labels = Label.objects.in_department("art")
    merge(labels.get(name="water").pk, labels.get(name="city").pk)
    rows = [(f"images/{number}.jpg", ["city", "water"][number % 2]) for number in range(6)]
    result = reported("evaluate", "art", "--labels", write_csv(tmp_path, "image,label", rows))
    assert (result["count"], result["labels_skipped"]) == (6, 0)
    assert result["confusion"]["labels"] == ["abstract", "city"]
    taken_for_abstract, right = result["confusion"]["counts"][1]
    assert (taken_for_abstract + right, result["accuracy"]) == (6, right / 6)
    rows = [("images/0.jpg", "waves")]
    line = refusal("evaluate", "art", "--labels", write_csv(tmp_path, "image,label", rows))
    assert "has no label 'waves', only abstract, " in line
    assert "water" not in line


def twins(folder: Path, series: int) -> list[tuple[str, str]]:
    """Write pictures that are there twice, once smaller; return them as (series, image)."""
    folder.mkdir()
    for number in range(series):
        (folder / f"{number}a.jpg").write_bytes(jpeg(number))
        draw(number).resize((120, 90)).save(folder / f"{number}b.png")
    return [
        (f"series {number}", f"{number}{c}") for number in range(series) for c in ("a.jpg", "b.png")
    ]


def test_companions_in_a_folder_store_nothing(
    small_encoders: Encoders, tmp_path: Path, media: Path
) -> None:
    small_encoders.version("art", live=True)
    rows = twins(tmp_path / "pictures", 8)
    (tmp_path / "pictures" / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "pictures" / "notes.txt").write_text("no picture, and not named one")
    result = reported(
        "evaluate",
        "art",
        "--companions",
        write_csv(tmp_path, "series,image", rows[:10]),
        "--images",
        tmp_path / "pictures",
    )
    # Each finds its twin first, among all pictures of the folder.
    assert (result["hit_at_3"], result["hit_at_10"], result["mrr"]) == (1, 1, 1)
    assert (result["count"], result["companion_count"]) == (10, 10)
    assert (result["gallery"], result["unreadable"]) == (16, 1)
    assert not Picture.objects.exists()
    assert not Embedding.objects.exists()


def test_labels_and_companions_of_one_folder(
    small_encoders: Encoders, tmp_path: Path, media: Path
) -> None:
    small_encoders.version("art", live=True)
    rows = twins(tmp_path / "pictures", 4)
    companions = write_csv(tmp_path, "series,image", rows)
    labels = tmp_path / "labels.csv"
    labels.write_text("image,label\nimages/0a.jpg,abstract\n1a.jpg,water\n")
    label_pictures(["abstract", "water"])
    result = reported(
        "evaluate",
        "art",
        "--labels",
        labels,
        "--companions",
        companions,
        "--images",
        tmp_path / "pictures",
    )
    assert (result["label_count"], result["companion_count"]) == (2, 8)
    assert result["mrr"] == 1


def test_companions_in_the_catalogue(small_encoders: Encoders, tmp_path: Path, media: Path) -> None:
    load_catalogue(tmp_path, 6)
    small_encoders.version("art", live=True)
    rows = [("s", "images/0.jpg"), ("s", "images/1.jpg"), ("alone", "images/2.jpg")]
    result = reported("evaluate", "art", "--companions", write_csv(tmp_path, "series,image", rows))
    vectors = np.array(
        list(Embedding.objects.order_by("picture").values_list("vector", flat=True)), np.float32
    )
    ranks = []
    for row, companion in ((0, 1), (1, 0)):
        nearer = vectors @ vectors[row] > vectors[companion] @ vectors[row]
        ranks.append(1 + int(nearer.sum()) - int(nearer[row]))
    assert result["mrr"] == pytest.approx(np.mean(1 / np.array(ranks)))
    assert (result["companion_count"], result["gallery"]) == (2, 6)


def test_a_version_by_its_number(small_encoders: Encoders, media: Path) -> None:
    small_encoders.version("art", live=True)
    small_encoders.version("art")
    assert reported("evaluate", "art")["version"] == 1
    assert reported("evaluate", "art", "--version", 2)["version"] == 2
    assert said("evaluate", "art").startswith("Version 1 of art: accuracy")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["train", "cars"], "There is no department 'cars': use one of art, jewelry."),
        (["train", "art", "--backbone", "brain"], "There is no backbone 'brain'"),
        (["train", "art", "--epochs", "0"], "epochs must be 1 to 1000, not 0."),
        (["train", "art"], "Training needs at least 8 pictures, art has 0: import products"),
        (["embed", "cars"], "There is no department 'cars': use one of art, jewelry."),
        (["embed"], "There is no live or candidate version: run “manage.py train"),
        (["embed", "art", "--version", "7"], "art has no version 7: run “manage.py train art"),
        (["embed", "--version", "7"], "--version needs a department beside it."),
        (["evaluate", "cars"], "There is no department 'cars': use one of art, jewelry."),
        (["evaluate", "art"], "art has no live version: run “manage.py train art --promote”"),
        (["evaluate", "art", "--version", "7"], "art has no version 7"),
    ],
)
def test_bad_input_is_refused(arguments: list[str], line: str) -> None:
    assert refusal(*arguments).startswith(line)
    assert not ModelVersion.objects.exists()


def test_training_twice_at_once_is_refused() -> None:
    TrainingRun.objects.create(department="art")
    assert "A training of art is under way" in refusal("train", "art")


@pytest.mark.parametrize(
    ("option", "content", "line"),
    [
        ("--labels", "image,label\nimages/0.jpg,car\n", "images/0.jpg: art has no label 'car'"),
        ("--labels", "image,name\nimages/0.jpg,water\n", "lacks the column label"),
        ("--labels", "image,label\n,water\n", "row 2: image is missing"),
        ("--labels", "image,label\nimages/9.jpg,water\n", "no readable picture 'images/9.jpg'"),
        ("--labels", "image,label\nimages/0.jpg,city\n", "knows none of these labels"),
        ("--companions", "series,image\ns,images/9.jpg\n", "no readable picture 'images/9.jpg'"),
        ("--companions", "series\ns\n", "lacks the column image"),
        ("--companions", "series,image\n,images/0.jpg\n", "row 2: series is missing"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(
    small_encoders: Encoders, tmp_path: Path, media: Path, option: str, content: str, line: str
) -> None:
    load_catalogue(tmp_path, 3)
    label_pictures(["abstract", "water", "city"])
    version = candidate()
    version.label_names = ["abstract", "water"]
    version.save()
    Embedding.objects.bulk_create(
        Embedding(
            picture=picture,
            product_id=picture.product_id,
            version=version,
            vector=np.eye(512)[0].tolist(),
        )
        for picture in Picture.objects.all()
    )
    version.promote()
    file = tmp_path / "rows.csv"
    file.write_text(content)
    assert line in refusal("evaluate", "art", option, file)


def test_a_missing_file_is_refused(media: Path, tmp_path: Path) -> None:
    candidate().promote()
    assert "nowhere.csv" in refusal("evaluate", "art", "--labels", tmp_path / "nowhere.csv")


def test_a_missing_folder_is_refused(media: Path, tmp_path: Path) -> None:
    candidate().promote()
    line = refusal("evaluate", "art", "--images", tmp_path / "nowhere")
    assert line == f"There is no folder {tmp_path / 'nowhere'}."


def test_a_folder_without_pictures_is_refused(media: Path, tmp_path: Path) -> None:
    candidate().promote()
    (tmp_path / "empty").mkdir()
    file = write_csv(tmp_path, "series,image", [("s", "0.jpg")])
    arguments = ["--companions", file, "--images", tmp_path / "empty"]
    assert refusal("evaluate", "art", *arguments) == f"There are no pictures in {tmp_path}/empty."


def test_a_catalogue_that_is_not_embedded_is_refused(media: Path, tmp_path: Path) -> None:
    candidate().promote()
    file = write_csv(tmp_path, "series,image", [("s", "0.jpg")])
    assert "has no embeddings: run “manage.py embed art --version 1” first" in refusal(
        "evaluate", "art", "--companions", file
    )


@pytest.mark.django_db(transaction=True)
def test_embedding_with_an_altered_artifact_is_refused(
    small_encoders: Encoders, media: Path, tmp_path: Path
) -> None:
    load_catalogue(tmp_path, 1)
    version = small_encoders.version("art")
    with (version.folder / "model.keras").open("ab") as file:
        file.write(b"more")
    assert "was altered" in refusal("embed", "art")


def test_evaluating_without_an_artifact_is_refused(media: Path, tmp_path: Path) -> None:
    version = candidate()
    version.promote()
    shutil.rmtree(version.folder)
    rows = twins(tmp_path / "pictures", 1)
    file = write_csv(tmp_path, "series,image", rows)
    arguments = ["--companions", file, "--images", tmp_path / "pictures"]
    assert "cannot be read" in refusal("evaluate", "art", *arguments)


def test_training_on_what_did_not_change_says_how_to_insist(tmp_path: Path, media: Path) -> None:
    load_catalogue(tmp_path, 8)
    version = candidate()
    version.fingerprint = fingerprint("art", "autoencoder", 2)
    version.save()
    arguments = ["train", "art", "--backbone", "autoencoder", "--epochs", 2]
    text = said(*arguments)
    assert "Nothing changed since version 1" in text
    assert "Add --anew to train all the same." in text
    again = reported(*arguments)
    assert (again["version"], again["unchanged"], again["state"]) == (1, True, "candidate")
    assert ModelVersion.objects.count() == 1

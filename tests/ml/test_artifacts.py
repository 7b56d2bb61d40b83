"""Artifacts: whole or not at all, and only ours are loaded."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from ml.networks.artifact import MANIFEST, NETWORK, ArtifactError
from ml.networks.encoder import load_artifact, save_artifact
from ml.networks.training import TrainedEncoder
from tests.factories import draw

ROOT = Path(__file__).resolve().parents[2]
# Dies like a worker that is killed: the network is written, the manifest is about to be.
KILLED_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
import keras
from ml.networks.encoder import save_artifact

class Deadly(dict):
    def items(self):
        os.kill(os.getpid(), signal.SIGKILL)

inputs = keras.Input((2,))
network = keras.Model(inputs, keras.layers.Dense(1)(inputs))
save_artifact(Path(sys.argv[1]), network, {"preprocessing": Deadly(size=1)})
"""


@pytest.fixture
def saved(trained: TrainedEncoder, tmp_path: Path) -> tuple[Path, str]:
    folder = tmp_path / "models" / "one"
    return folder, trained.save(folder, metrics={"accuracy": 0.5}, fingerprint="f" * 64)


def tiny_network(*middle: keras.layers.Layer) -> keras.Model:
    inputs = keras.Input((16, 16, 3), dtype="uint8")
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    for layer in middle:
        x = layer(x)
    return keras.Model(inputs, {"vector": keras.layers.Dense(512)(x)})


def manifest(**changes: Any) -> dict[str, Any]:
    preprocessing = {"size": 16, "crop": "none"}
    return {"preprocessing": preprocessing, "label_names": [], **changes}


def altered(folder: Path, change: Callable[[dict[str, Any]], object]) -> str:
    """Change the manifest; return its sha256."""
    content = json.loads((folder / MANIFEST).read_text())
    change(content)
    (folder / MANIFEST).write_text(json.dumps(content))
    return sha256_of(folder / MANIFEST)


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def refusal(folder: Path, sha256: str) -> str:
    with pytest.raises(ArtifactError) as refused:
        load_artifact(folder, expected_sha256=sha256)
    return str(refused.value)


def test_it_works(trained: TrainedEncoder, saved: tuple[Path, str]) -> None:
    folder, sha256 = saved
    loaded = load_artifact(folder, expected_sha256=sha256)
    pictures = [np.asarray(draw(number)) for number in range(5)]
    before, after = trained.encoder().encode(pictures), loaded.encode(pictures)
    assert np.array_equal(before.vectors, after.vectors)
    assert np.array_equal(before.probabilities, after.probabilities)  # type: ignore[arg-type]  # it has labels
    assert loaded.label_names == trained.label_names
    assert loaded.input_size == 160


def test_an_encoder_without_labels_gives_vectors_alone(tmp_path: Path) -> None:
    sha256 = save_artifact(tmp_path / "one", tiny_network(), manifest())
    loaded = load_artifact(tmp_path / "one", expected_sha256=sha256)
    encoding = loaded.encode([np.asarray(draw(1))])
    assert loaded.label_names == ()
    assert encoding.vectors.shape == (1, 512)
    assert encoding.probabilities is None


def test_the_manifest_says_what_it_is(trained: TrainedEncoder, saved: tuple[Path, str]) -> None:
    folder, sha256 = saved
    assert {path.name for path in folder.iterdir()} == {MANIFEST, NETWORK}
    assert sha256 == sha256_of(folder / MANIFEST)
    content = json.loads((folder / MANIFEST).read_text())
    assert content["format_version"] == 1
    assert content["sha256"] == sha256_of(folder / NETWORK)
    assert content["department"] == "art"
    assert content["backbone"] == "compact"
    assert content["preprocessing"] == {"crop": "frame", "size": 160}
    assert content["label_names"] == ["abstract", "water"]
    assert content["metrics"] == {"accuracy": 0.5}
    assert content["data_fingerprint"] == "f" * 64


def test_altered_bytes_are_refused(saved: tuple[Path, str]) -> None:
    folder, sha256 = saved
    data = bytearray((folder / NETWORK).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / NETWORK).write_bytes(data)
    said = refusal(folder, sha256)
    assert "was altered" in said
    assert "Restore it from a backup, or train" in said


def test_another_crop_in_the_manifest_is_refused(saved: tuple[Path, str]) -> None:
    folder, sha256 = saved
    altered(folder, lambda content: content["preprocessing"].update(crop="none"))
    assert "was altered" in refusal(folder, sha256)


def test_a_manifest_that_was_altered_with_its_network_is_refused(saved: tuple[Path, str]) -> None:
    folder, sha256 = saved
    (folder / NETWORK).write_bytes(b"no network")
    altered(folder, lambda content: content.update(sha256=sha256_of(folder / NETWORK)))
    assert "was altered" in refusal(folder, sha256)


def test_what_was_recorded_by_its_networks_sha256_goes_on_serving(saved: tuple[Path, str]) -> None:
    """As versions were before; of these only the network is vouched for."""
    folder, _ = saved
    before = sha256_of(folder / NETWORK)
    load_artifact(folder, expected_sha256=before)
    with (folder / NETWORK).open("ab") as file:
        file.write(b"more")
    assert "was altered" in refusal(folder, before)


def test_another_versions_artifact_is_refused(saved: tuple[Path, str]) -> None:
    folder, _ = saved
    assert "was altered" in refusal(folder, "0" * 64)


def test_a_lambda_is_refused(tmp_path: Path) -> None:
    network = tiny_network(keras.layers.Lambda(lambda x: x * 2))
    sha256 = save_artifact(tmp_path / "one", network, manifest())
    assert "is refused" in refusal(tmp_path / "one", sha256)


def test_a_file_that_is_no_network_is_refused(saved: tuple[Path, str]) -> None:
    folder, _ = saved
    (folder / NETWORK).write_bytes(b"no network")
    assert "is refused" in refusal(folder, sha256_of(folder / NETWORK))


def test_another_format_is_refused(saved: tuple[Path, str]) -> None:
    folder, _ = saved
    sha256 = altered(folder, lambda content: content.update(format_version=2))
    assert "has format 2; this version of Pendant reads 1" in refusal(folder, sha256)


def test_a_manifest_of_another_shape_is_refused(saved: tuple[Path, str]) -> None:
    folder, _ = saved
    (folder / MANIFEST).write_text("[]")
    assert "has format None" in refusal(folder, sha256_of(folder / NETWORK))


def test_a_manifest_without_preprocessing_is_refused(saved: tuple[Path, str]) -> None:
    folder, _ = saved
    sha256 = altered(folder, lambda content: content.pop("preprocessing"))
    assert "is refused" in refusal(folder, sha256)


def test_a_manifest_that_does_not_fit_the_network_is_refused(saved: tuple[Path, str]) -> None:
    folder, _ = saved
    sha256 = altered(folder, lambda content: content["preprocessing"].update(size=64))
    assert "is refused" in refusal(folder, sha256)


def test_labels_that_do_not_fit_the_network_are_refused(saved: tuple[Path, str]) -> None:
    folder, _ = saved
    sha256 = altered(folder, lambda content: content["label_names"].append("city"))
    assert "is refused" in refusal(folder, sha256)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "nowhere", "0" * 64)


def test_a_missing_network_is_refused(saved: tuple[Path, str]) -> None:
    folder, sha256 = saved
    (folder / NETWORK).unlink()
    assert "cannot be read" in refusal(folder, sha256)


def test_a_manifest_cut_short_is_refused(saved: tuple[Path, str]) -> None:
    folder, sha256 = saved
    (folder / MANIFEST).write_text((folder / MANIFEST).read_text()[:50])
    assert "cannot be read" in refusal(folder, sha256)


def test_a_folder_is_never_written_over(saved: tuple[Path, str], trained: TrainedEncoder) -> None:
    folder, sha256 = saved
    with pytest.raises(FileExistsError):
        trained.save(folder, metrics={})
    load_artifact(folder, expected_sha256=sha256)


def test_writing_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        save_artifact(tmp_path / "models" / "one", tiny_network(), manifest(metrics=object()))
    assert list((tmp_path / "models").iterdir()) == []


def test_writing_that_is_killed_leaves_no_artifact(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "one"
    done = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_WRITING, str(folder)], cwd=ROOT, capture_output=True
    )
    assert done.returncode == -9, done.stderr[-500:]
    # It was killed in the middle of writing, and nothing stands under the artifact's name.
    assert list(folder.parent.glob(f".*/{NETWORK}"))
    assert not folder.exists()
    sha256 = save_artifact(folder, tiny_network(), manifest())
    load_artifact(folder, expected_sha256=sha256)


def test_an_artifact_may_be_moved(saved: tuple[Path, str], tmp_path: Path) -> None:
    folder, sha256 = saved
    shutil.move(folder, tmp_path / "elsewhere")
    load_artifact(tmp_path / "elsewhere", expected_sha256=sha256)

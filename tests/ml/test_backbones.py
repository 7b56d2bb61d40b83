"""Every backbone on drawn pictures: trained, saved, loaded, and the same again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from ml import services
from ml.networks import heads, training
from ml.networks.art import learn_top
from ml.networks.backbones import BACKBONES, _base
from ml.networks.encoder import DIMENSIONS, load_artifact
from ml.networks.heads import Labelled, labelled
from ml.networks.lessons import Lesson
from ml.networks.looking import look_at
from ml.networks.pretrained import (
    efficientnet_v2,
    vgg16,
    vgg16_below_block5,
    vgg16_block5,
)
from ml.networks.training import train_encoder
from tests.browser.site import Site
from tests.factories import draw, write_catalogue


def test_the_command_offers_all_there_are() -> None:
    assert set(services.BACKBONES) == set(BACKBONES)
    learning = {name for name, backbone in BACKBONES.items() if backbone.epochs is not None}
    assert learning == services.LEARNING_BACKBONES


@pytest.mark.parametrize("name", BACKBONES)
def test_blocks_share_512_numbers(name: str) -> None:
    assert sum(block.numbers for block in BACKBONES[name].blocks.values()) == DIMENSIONS


# The others' weights are not at hand: their networks are tested without.
HERE = ["compact", "mobilenet_v2", "autoencoder"]


@pytest.mark.parametrize("name", HERE)
def test_a_backbone_trains_and_comes_back_from_disk(
    name: str, tmp_path: Path, shared: Path
) -> None:
    pictures = [np.asarray(draw(number)) for number in range(16)]
    trained = train_encoder(
        range(16),
        pictures.__getitem__,
        {number: ["abstract", "water"][number % 2] for number in range(16)},
        department="art",
        backbone=name,
        epochs=1 if name in services.LEARNING_BACKBONES else None,
    )
    assert trained.backbone == name
    expected = trained.encoder().encode(pictures)
    assert expected.vectors.shape == (16, DIMENSIONS)
    assert np.linalg.norm(expected.vectors, axis=1) == pytest.approx(1, abs=1e-5)
    alike = expected.vectors @ expected.vectors.T
    assert alike[~np.eye(16, dtype=bool)].max() < 0.999
    assert set(trained.metrics["guesses"]) == set(map(str, range(16)))
    sha256 = trained.save(tmp_path / "model", metrics={})
    again = load_artifact(tmp_path / "model", expected_sha256=sha256).encode(pictures)
    assert again.vectors == pytest.approx(expected.vectors, abs=1e-5)
    assert again.probabilities == pytest.approx(expected.probabilities, abs=1e-5)


def test_a_network_says_what_its_label_head_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels are learnt from blocks weighed otherwise; the network weighs them so too."""
    learnt: list[tuple[Any, Any]] = []

    def learn(pictures: Any, vectors: Any, *more: Any) -> Any:
        head, metrics = heads.learn_labels(pictures, vectors, *more)
        learnt.append((head, vectors))
        return head, metrics

    monkeypatch.setattr(training, "learn_labels", learn)
    pictures = [np.asarray(draw(number)) for number in range(24)]
    trained = train_encoder(
        range(24),
        pictures.__getitem__,
        {number: ["abstract", "city", "water"][number % 3] for number in range(24)},
        department="art",
        backbone="compact",
    )
    [(head, vectors)] = learnt
    encoded = trained.encoder().encode(pictures)
    lengths = [np.linalg.norm(part) for part in (vectors[0, :152], encoded.vectors[0, :152])]
    assert lengths[0] == pytest.approx(0.5 * lengths[1], rel=0.02)
    assert encoded.probabilities == pytest.approx(head.predict_proba(vectors), abs=0.01)


@pytest.mark.parametrize(("build", "numbers"), [(vgg16, 25_088), (efficientnet_v2, 1_280)])
def test_a_pretrained_network_gets_dense_layers_of_its_own(
    build: Callable[[str | None], keras.Model], numbers: int
) -> None:
    keras.utils.set_random_seed(0)
    squares = np.stack([np.asarray(draw(number).resize((224, 224))) for number in range(24)])
    names = {number: ["abstract", "water"][number % 2] for number in range(24)}
    pictures = labelled(range(24), names, {})
    assert isinstance(pictures, Labelled)
    told: list[int] = []
    picture = keras.Input((224, 224, 3), dtype="uint8")
    pixels = keras.layers.Rescaling(1 / 255)(picture)
    ready = _base(lambda: build(None))(pixels)
    used, values = look_at(range(24), squares.__getitem__, keras.Model(picture, ready))
    assert used == list(range(24))
    assert values["base"].shape == (24, numbers)
    learnt = learn_top(
        Lesson(values, pictures, 2, 0, lambda epoch, epochs, logs: told.append(epoch))
    )
    assert told == [1, 2]
    assert len(learnt.history["loss"]) == 2
    assert learnt.unseen is not None
    assert learnt.unseen.shape == (24, 2)
    assert np.isfinite(learnt.unseen).all()
    graph = keras.Model(picture, learnt.features(pixels, ready))
    assert learnt.values["dense"].shape == (24, 512)
    found = graph.predict_on_batch(squares[:2])["dense"]
    assert found == pytest.approx(learnt.values["dense"][:2], rel=0.02, abs=0.02)


def test_vgg16_is_the_same_in_two_parts() -> None:
    """Its weights cannot be had here: the same random ones make each network."""
    pixels = np.stack([np.asarray(draw(number).resize((224, 224))) for number in range(2)]) / 255
    said: list[np.ndarray] = []
    for build in (vgg16, vgg16_below_block5, vgg16_block5):
        keras.utils.set_random_seed(0)
        network = build(None)
        given = said[-1] if build is vgg16_block5 else pixels.astype(np.float32)
        said.append(network.predict_on_batch(given))
    whole, below, block5 = said
    assert below.shape == (2, 100_352)
    assert whole.std() > 0
    assert block5 == pytest.approx(whole, rel=1e-3, abs=1e-5)


def test_what_learns_from_labels_says_that_it_needs_them() -> None:
    with pytest.raises(ValueError, match="learns from labels"):
        train_encoder(
            range(8), lambda n: np.asarray(draw(n)), {}, department="art", backbone="vgg16"
        )


def test_an_unknown_backbone_is_refused() -> None:
    with pytest.raises(ValueError, match="backbone must be one of"):
        train_encoder(range(8), lambda number: draw(number), {}, department="art", backbone="brain")  # type: ignore[arg-type,return-value]  # never called


def test_missing_weights_are_named_with_their_place(tmp_path: Path) -> None:
    """Neither in Keras' cache nor to be had by download: nothing is trained on random weights."""
    site = Site(tmp_path / "home")
    site.home.mkdir()
    nowhere = "http://127.0.0.1:9"
    site.settings = {
        "KERAS_HOME": str(tmp_path / "keras"),
        "http_proxy": nowhere,
        "https_proxy": nowhere,
    }
    site.manage("migrate", "--verbosity=0")
    catalogue = write_catalogue(tmp_path, 8)
    site.manage("import_products", str(catalogue), "--department=art")
    refused = site.manage("train", "art", "--backbone=mobilenet_v2", expect=2)
    assert refused.stdout == ""
    assert "ImageNet weights cannot be had" in refused.stderr
    assert "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5" in refused.stderr
    assert str(tmp_path / "keras" / "models") in refused.stderr

"""Every backbone on drawn pictures: trained, saved, loaded, and the same again."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from ml import services
from ml.networks.art import logits_of, train_top
from ml.networks.backbones import BACKBONES, Lesson, _base, _learn_top
from ml.networks.encoder import DIMENSIONS, load_artifact
from ml.networks.heads import Labelled, labelled
from ml.networks.looking import look_at
from ml.networks.pretrained import efficientnet_v2, vgg16
from ml.networks.training import Folders, Progress, train_encoder
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
HERE = ["mobilenet_v2", "autoencoder"]


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
    learnt = _learn_top(
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


def test_a_killed_training_goes_on_from_its_last_epoch(tmp_path: Path) -> None:
    pictures = [np.asarray(draw(number)) for number in range(16)]
    folders = Folders(kept=tmp_path / "kept", logs=tmp_path / "logs")

    class Killed(BaseException):
        pass

    def train(last: int) -> list[int]:
        told: list[int] = []

        def on_progress(progress: Progress) -> None:
            if progress.loss is not None:
                told.append(progress.epoch)
                if progress.epoch == last:
                    raise Killed

        train_encoder(
            range(16),
            pictures.__getitem__,
            {},
            department="art",
            backbone="autoencoder",
            epochs=4,
            folders=folders,
            on_progress=on_progress,
        )
        return told

    with pytest.raises(Killed):
        train(2)
    assert list((tmp_path / "kept").iterdir())
    assert train(0) == [3, 4]
    # Ended, it leaves nothing to go on from.
    assert not (tmp_path / "kept").exists() or not list((tmp_path / "kept").iterdir())
    logged = {tag for file in tmp_path.glob("logs/*/*") for tag in scalars(file)}
    assert "epoch_loss" in logged


def scalars(file: Path) -> set[str]:
    """Return the names of what TensorBoard would draw of a log."""
    log = EventAccumulator(str(file))
    log.Reload()
    return {*log.Tags()["scalars"], *log.Tags()["tensors"]}


def test_what_learns_from_labels_says_that_it_needs_them() -> None:
    with pytest.raises(ValueError, match="learns from labels"):
        train_encoder(
            range(8), lambda n: np.asarray(draw(n)), {}, department="art", backbone="vgg16"
        )


def test_a_top_learns_what_can_be_learnt() -> None:
    random = np.random.default_rng(0)
    truth = np.arange(120) % 3
    base = (np.eye(3)[truth] @ random.normal(size=(3, 40)) + random.normal(size=(120, 40))).astype(
        np.float16
    )
    keras.utils.set_random_seed(0)
    top, history = train_top(base[:90], truth[:90], 3, 20)
    losses = history.history["loss"]
    assert losses[-1] < losses[0] / 2
    assert (logits_of(top, base[90:]).argmax(axis=1) == truth[90:]).mean() > 0.8


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
    assert "ImageNet weights cannot be had" in refused.stderr
    assert "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5" in refused.stderr
    assert str(tmp_path / "keras" / "models") in refused.stderr

"""A trained encoder: what it gives, and what it learns labels from."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from ml.networks.backbones import BACKBONES
from ml.networks.pixels import Pixels
from ml.networks.training import Progress, Stopped, TrainedEncoder, train_encoder
from tests.factories import draw


def picture(number: int) -> Pixels:
    return np.asarray(draw(number))


def pictures(*numbers: int) -> list[Pixels]:
    return [picture(number) for number in numbers]


def test_it_works(trained: TrainedEncoder) -> None:
    encoder = trained.encoder()
    encoding = encoder.encode(pictures(0, 1, 2))
    assert encoding.vectors.shape == (3, 512)
    assert encoding.vectors.dtype == np.float32
    assert encoder.label_names == ("abstract", "water")
    assert encoding.probabilities is not None
    assert encoding.probabilities.shape == (3, 2)
    assert encoding.probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_vectors_have_unit_length(trained: TrainedEncoder) -> None:
    unusual = [
        np.zeros((1, 1, 3), np.uint8),
        np.full((40, 900, 3), 255, np.uint8),
        np.random.default_rng(0).integers(0, 256, (70, 70, 3), dtype=np.uint8),
    ]
    vectors = trained.encoder().encode(unusual + pictures(*range(100, 110))).vectors
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_picture_does_not_depend_on_its_batch(trained: TrainedEncoder) -> None:
    encoder = trained.encoder()
    many = pictures(*range(40))
    together = encoder.encode(many)
    assert together.probabilities is not None
    for number in (0, 31, 32, 39):
        alone = encoder.encode([many[number]])
        assert alone.probabilities is not None
        assert alone.vectors[0] == pytest.approx(together.vectors[number], abs=1e-5)
        assert alone.probabilities[0] == pytest.approx(together.probabilities[number], abs=1e-4)


def test_no_pictures_give_no_vectors(trained: TrainedEncoder) -> None:
    encoding = trained.encoder().encode([])
    assert encoding.vectors.shape == (0, 512)
    assert encoding.probabilities is not None
    assert encoding.probabilities.shape == (0, 2)


def test_another_picture_has_another_vector(trained: TrainedEncoder) -> None:
    vectors = trained.encoder().encode(pictures(*range(30))).vectors
    alike = vectors @ vectors.T
    assert alike[~np.eye(30, dtype=bool)].max() < 0.999


def test_a_picture_nearly_the_same_is_the_nearest(trained: TrainedEncoder) -> None:
    encoder = trained.encoder()
    gallery = encoder.encode(pictures(*range(30))).vectors
    smaller = [np.asarray(draw(number).resize((120, 90))) for number in range(30)]
    nearest = (encoder.encode(smaller).vectors @ gallery.T).argmax(axis=1)
    assert nearest.tolist() == list(range(30))


def test_probabilities_are_those_of_scikit_learn(trained: TrainedEncoder) -> None:
    encoding = trained.encoder().encode(pictures(*range(24)))
    head = LogisticRegression(C=10.0, max_iter=2000, class_weight="balanced", random_state=0)
    blocks = BACKBONES[trained.backbone].blocks.values()
    weights = [np.full(block.numbers, block.label_weight) for block in blocks]
    vectors = encoding.vectors * np.concatenate(weights)
    head.fit(vectors, ["abstract", "water"] * 12)
    logits = head.decision_function(vectors) / trained.metrics["temperature"]
    expected = np.stack([1 - expit(logits), expit(logits)], axis=1)
    assert encoding.probabilities == pytest.approx(expected, abs=0.01)


def refusal(
    load: Callable[[int], Pixels] = picture, count: int = 8, department: str = "art"
) -> str:
    with pytest.raises(ValueError) as refused:
        train_encoder(range(count), load, {}, department=department)
    return str(refused.value)


def test_another_department_is_refused() -> None:
    assert refusal(department="cars") == "department must be one of art, jewelry, not 'cars'"


def test_seven_pictures_are_too_few() -> None:
    assert refusal(count=7).startswith("Training needs at least 8 pictures, art has 7")


def test_seven_readable_pictures_are_too_few() -> None:
    def load(number: int) -> Pixels:
        if number % 2:
            raise OSError("gone")
        return picture(number)

    assert refusal(load, count=14).startswith("Only 7 of 14 pictures could be read")


def test_one_picture_eight_times_is_refused() -> None:
    assert "the same" in refusal(lambda number: picture(0))


def test_a_training_stops_when_asked() -> None:
    with pytest.raises(Stopped, match="Nothing changed"):
        train_encoder(range(8), picture, {}, department="art", should_stop=lambda: True)


def test_a_training_stops_between_epochs() -> None:
    reported: list[Progress] = []
    with pytest.raises(Stopped):
        train_encoder(
            range(8),
            picture,
            {},
            department="art",
            backbone="autoencoder",
            epochs=50,
            on_progress=reported.append,
            should_stop=lambda: bool(reported) and reported[-1].epoch == 1,
        )
    assert reported[-1].epoch == 1

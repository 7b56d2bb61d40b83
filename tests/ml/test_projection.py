"""Fitted projections against a principal component analysis done another way."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from ml.networks.projection import projection
from ml.networks.training import nearest_distances

Array = NDArray[np.float32]


def features(count: int = 60, numbers: int = 12) -> Array:
    """Return features whose deviations fall from 8 to 1/256, off the origin and mixed."""
    random = np.random.default_rng(0)
    mixing, _ = np.linalg.qr(random.normal(size=(numbers, numbers)))
    spread = 8 * 2.0 ** -np.arange(numbers)
    return np.asarray(random.normal(size=(count, numbers)) * spread @ mixing + 3, np.float32)


def projected(values: Array, numbers: int, exponent: float | None) -> Array:
    kernel, bias = projection(values, numbers, exponent)
    assert (kernel.shape, bias.shape) == ((values.shape[1], numbers), (numbers,))
    assert kernel.dtype == bias.dtype == np.float32
    return values @ kernel + bias


def test_it_works() -> None:
    assert projected(features(), 5, 0.5).mean(axis=0) == pytest.approx(0, abs=1e-4)


def test_exponent_0_is_principal_component_analysis() -> None:
    expected = PCA(5).fit_transform(features())
    assert np.abs(projected(features(), 5, 0)) == pytest.approx(np.abs(expected), abs=1e-3)


def test_exponent_1_makes_all_components_as_wide_as_the_first() -> None:
    deviations = projected(features(), 5, 1).std(axis=0, ddof=1)
    assert deviations == pytest.approx(features_deviation(), rel=1e-3)


def test_exponent_a_half_lies_between() -> None:
    kept = projected(features(), 5, 0).std(axis=0)
    halved = projected(features(), 5, 0.5).std(axis=0)
    assert halved == pytest.approx(np.sqrt(kept * kept[0]), rel=1e-3)


def features_deviation() -> float:
    return float(np.sqrt(PCA(1).fit(features()).explained_variance_[0]))


def test_without_an_exponent_features_are_standardised() -> None:
    values = features()
    expected = (values - values.mean(axis=0)) / values.std(axis=0)
    assert projected(values, 12, None) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, None])
def test_what_does_not_vary_gets_no_weight(exponent: float | None) -> None:
    values = features()
    values[:, 4] = 7
    kernel, _ = projection(values, 12, exponent)
    assert np.abs(kernel[4]).max() < 1e-3
    assert np.isfinite(kernel).all()


def test_fewer_pictures_than_numbers_leave_the_rest_at_nought() -> None:
    values = features(count=6)
    result = projected(values, 10, 0.5)
    # Six pictures span five directions.
    assert np.abs(result[:, :5]).max(axis=0).min() > 0
    assert np.abs(result[:, 5:]).max() == 0


def test_pictures_all_alike_give_noughts() -> None:
    kernel, bias = projection(np.ones((8, 12), np.float32), 10, 0.5)
    assert not kernel.any()
    assert not bias.any()


def test_distances_by_hand() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
    distances = nearest_distances(vectors)
    # Nearest: 0.2, 0.2 and 0.4.
    assert distances["p50"] == pytest.approx(0.2, abs=1e-6)
    assert distances["p75"] == pytest.approx(0.3, abs=1e-6)
    assert list(distances) == ["p50", "p75", "p90", "p95", "p99"]
    assert sorted(distances.values()) == list(distances.values())


def test_every_part_of_a_catalogue_counts_for_its_distances() -> None:
    """A first shop of look-alikes, a second one of all sorts."""
    random = np.random.default_rng(0)
    alike = random.normal(size=64) + 0.01 * random.normal(size=(700, 64))
    vectors = np.concatenate([alike, random.normal(size=(699, 64))]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    sampled, exact = nearest_distances(vectors, most=200), nearest_distances(vectors)
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -np.inf)
    nearest = 1 - similarity.max(axis=1)
    assert exact["p75"] == pytest.approx(np.percentile(nearest, 75), abs=1e-5)
    assert exact["p95"] > 0.3
    assert sampled["p75"] == pytest.approx(exact["p75"], abs=0.05)
    assert sampled["p95"] == pytest.approx(exact["p95"], abs=0.05)

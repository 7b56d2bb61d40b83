"""Projections of features, fitted to a catalogue's pictures, to the numbers of an embedding."""

import numpy as np
from numpy.typing import NDArray


def projection(
    features: NDArray[np.float32], numbers: int, exponent: float | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (kernel d x numbers, bias) that centre and project ``features`` (n x d).

    Onto the first principal components, each divided by its deviation to the power ``exponent``
    (0 keeps their variance, 1 makes all equal); with None every feature is divided by its own
    deviation and d must equal ``numbers``. What does not vary gets no weight.
    """
    values = features.astype(np.float64)
    mean = values.mean(axis=0)
    kernel = np.zeros((values.shape[1], numbers))
    if exponent is None:
        deviation = values.std(axis=0)
        np.fill_diagonal(kernel, np.where(deviation > 1e-6, 1 / np.maximum(deviation, 1e-6), 0))
    else:
        deviations, directions = _principal_components(values - mean)
        deviations = deviations[:numbers]
        kept = int(np.sum(deviations > max(1e-4 * deviations[0], 1e-9)))
        scale = (deviations[0] / deviations[:kept]) ** exponent
        kernel[:, :kept] = directions[:, :kept] * scale
    return kernel.astype(np.float32), (-mean @ kernel).astype(np.float32)


def _principal_components(
    centred: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return deviations, largest first, and directions (d x k) of values (n x d) about nought."""
    count, features = centred.shape
    if count < features:
        # Fewer pictures than features span few directions: seconds less than all d x d.
        _, spread, across = np.linalg.svd(centred, full_matrices=False)
        return spread / np.sqrt(count - 1), across.T
    variances, directions = np.linalg.eigh(np.cov(centred, rowvar=False))
    return np.sqrt(np.maximum(variances[::-1], 0)), directions[:, ::-1]

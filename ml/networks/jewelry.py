"""The jewelry seed's networks: pairs cut in two, a classifier of types, an autoencoder for each."""

from collections.abc import Sequence

import cv2
import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from ml.networks.autoencoder import build_autoencoder
from ml.networks.pixels import Pixels
from ml.networks.projection import projection

SIZE = 100
BATCH = 32
DROPOUT = 0.5
# The code of a type's autoencoder becomes so many numbers.
SHAPE = 256
# A second box is of the pair where it is so large beside the first, in area.
SECOND = 0.4
# Smaller than this share of the picture's side, a box is a speck.
SPECK = 0.05

Box = tuple[int, int, int, int]


def piece_boxes(rgb: Pixels) -> list[Box]:
    """Return the boxes (left, top, width, height) of a piece: two of a pair, left one first.

    Grey, blurred, split by Otsu's threshold (1979) from a light ground; of the outlines' boxes the
    two largest, where they are about as large as each other and lie apart. One where there is one
    piece, none where nothing stands out.
    """
    height, width = rgb.shape[:2]
    grey = cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (5, 5), 0)
    if int(grey.max()) - int(grey.min()) < 16:
        return []
    _, dark = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    outlines, _ = cv2.findContours(dark, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes: list[Box] = [cv2.boundingRect(outline) for outline in outlines]  # type: ignore[misc]  # a sequence to OpenCV's stubs
    boxes.sort(key=lambda box: (-_area(box), box))
    speck = SPECK * max(height, width)
    large = [box for box in boxes if max(box[2:]) >= speck][:2]
    if len(large) == 2 and (_area(large[1]) < SECOND * _area(large[0]) or _overlap(*large)):
        large = large[:1]
    return sorted(large)


def _area(box: Box) -> int:
    return box[2] * box[3]


def _overlap(one: Box, other: Box) -> bool:
    """Say whether more than a tenth of the smaller box lies in the larger."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return max(across, 0) * max(down, 0) > 0.1 * min(_area(one), _area(other))


def pieces_of(square: Pixels) -> list[Pixels]:
    """Return each piece of a pair by itself, fitted to the square's size; nothing where it is one.

    ``square`` is uint8, size x size x 3.
    """
    boxes = piece_boxes(square)
    if len(boxes) < 2:
        return []
    ground = np.median(
        np.concatenate([square[0], square[-1], square[:, 0], square[:, -1]]), axis=0
    ).astype(np.uint8)
    return [_fitted(square, box, ground) for box in boxes]


def _fitted(square: Pixels, box: Box, ground: Pixels) -> Pixels:
    left, top, width, height = box
    side = round(1.08 * max(width, height))
    canvas = np.empty((side, side, 3), np.uint8)
    canvas[:] = ground
    x, y = (side - width) // 2, (side - height) // 2
    canvas[y : y + height, x : x + width] = square[top : top + height, left : left + width]
    return np.asarray(cv2.resize(canvas, square.shape[1::-1]), np.uint8)


def build_classifier(labels: int, size: int = SIZE) -> keras.Model:
    """Return the seed's classifier: RGB in [0, 1], size x size x 3, to one logit a label.

    Three 3 x 3 convolutions (32, 64, 128, valid, ReLU), each with 2 x 2 max pooling, 128 dense
    numbers, dropout.
    """
    pixels = keras.Input((size, size, 3), name="pixels")
    x = pixels
    for filters in (32, 64, 128):
        x = layers.MaxPooling2D(2)(layers.Conv2D(filters, 3, activation="relu")(x))
    x = layers.Dense(128, activation="relu")(layers.Flatten()(x))
    logits = layers.Dense(labels, name="logits")(layers.Dropout(DROPOUT)(x))
    return keras.Model(pixels, logits, name="classifier")


def train_classifier(
    squares: NDArray[np.uint8],
    truth: NDArray[np.int64],
    labels: int,
    epochs: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> tuple[keras.Model, keras.callbacks.History]:
    """Train on squares (n x size x size x 3) and their labels (n, below ``labels``).

    The pieces of a pair are pictures of their own, as in the seed, and half of all are mirrored.
    """
    apart = [(piece, row) for row, square in enumerate(squares) for piece in pieces_of(square)]
    shown = np.concatenate([squares, *([np.stack([piece for piece, _ in apart])] if apart else [])])
    says = np.concatenate([truth, truth[[row for _, row in apart]]])
    counts = np.bincount(says, minlength=labels)
    weights = len(says) / (labels * np.maximum(counts, 1))
    classifier = build_classifier(labels, squares.shape[1])
    classifier.compile(
        optimizer=keras.optimizers.Adam(),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    history = classifier.fit(
        _Mirrored(shown, says, weights[says]),
        epochs=epochs,
        verbose=0,
        callbacks=list(callbacks),
    )
    return classifier, history


class _Mirrored(keras.utils.PyDataset):  # type: ignore[misc]  # Keras is untyped
    """Shuffled batches of pictures as floats, every other one mirrored."""

    def __init__(
        self, squares: NDArray[np.uint8], truth: NDArray[np.int64], weights: NDArray[np.float64]
    ) -> None:
        super().__init__()
        self.squares, self.truth, self.weights = squares, truth, weights
        self.random = np.random.default_rng(len(squares))
        self.order = self.random.permutation(len(squares))

    def __len__(self) -> int:
        return -(-len(self.order) // BATCH)

    def __getitem__(
        self, index: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float64]]:
        rows = self.order[index * BATCH : (index + 1) * BATCH]
        batch = self.squares[rows].astype(np.float32) / np.float32(255)
        mirrored = self.random.random(len(rows)) < 0.5
        batch[mirrored] = batch[mirrored, :, ::-1]
        return batch, self.truth[rows], self.weights[rows]

    def on_epoch_end(self) -> None:
        self.random.shuffle(self.order)


def train_shape(
    squares: NDArray[np.uint8], epochs: int
) -> tuple[keras.Model, NDArray[np.float32], NDArray[np.float32]]:
    """Train the autoencoder of one type on its squares; return its code with a projection.

    The projection (kernel, bias) takes the code to SHAPE numbers, half whitened.
    """
    pixels = squares.astype(np.float32) / np.float32(255)
    autoencoder, code = build_autoencoder(squares.shape[1])
    autoencoder.fit(pixels, pixels, batch_size=BATCH, epochs=epochs, verbose=0)
    kernel, bias = projection(code.predict(pixels, batch_size=BATCH, verbose=0), SHAPE, 0.5)
    return code, kernel, bias

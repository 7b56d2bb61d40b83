"""The jewelry seed's networks: pairs cut in two, a classifier of types, an autoencoder for each."""

from typing import Any

import cv2
import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from ml.networks.autoencoder import build_autoencoder
from ml.networks.heads import FEWEST_OF_A_LABEL
from ml.networks.layers import Chosen
from ml.networks.lessons import Batches, Learnt, Lesson, OnEpoch, Rows, predicted
from ml.networks.pixels import Pixels
from ml.networks.projection import projection

SIZE = 100
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
    classifier = keras.Model(pixels, logits, name="classifier")
    classifier.compile(
        optimizer=keras.optimizers.Adam(),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return classifier


def with_pieces(squares: NDArray[np.uint8], truth: NDArray[np.int64], seed: int) -> Batches:
    """Return mirrored batches of squares (n x size x size x 3) and their labels (n).

    The pieces of a pair are pictures of their own beside it, as in the seed.
    """
    apart = [(piece, row) for row, square in enumerate(squares) for piece in pieces_of(square)]
    if apart:
        squares = np.concatenate([squares, np.stack([piece for piece, _ in apart])])
        truth = np.concatenate([truth, truth[[row for _, row in apart]]])
    return Batches(squares, np.arange(len(squares)), seed, truth, mirrored=True)


def learn_types(lesson: Lesson) -> Learnt:
    """Train the seed's classifier of types, and an autoencoder for each of them.

    A picture's ``shape`` is what the autoencoder of its likeliest type says of it.
    """
    squares, known = lesson.squares, lesson.known()
    assert squares is not None
    labels, shown = len(known.names), squares[known.rows]

    def fold(rows: Rows, on_epoch: OnEpoch) -> Any:
        trained = build_classifier(labels, squares.shape[1])
        batches = with_pieces(shown[rows], known.truth[rows], lesson.seed)
        lesson.fit_fold(trained, batches, on_epoch)
        return lambda unseen: predicted(trained, shown[unseen])

    classifier = build_classifier(labels, squares.shape[1])
    history = lesson.fit(classifier, with_pieces(shown, known.truth, lesson.seed))
    unseen = lesson.unseen(0.7, fold)
    likeliest = predicted(classifier, squares).argmax(axis=1)
    shape = np.zeros((len(squares), SHAPE), np.float32)
    codes = []
    for label, name in enumerate(known.names):
        of_type = np.flatnonzero(likeliest == label)
        taught = of_type if len(of_type) >= FEWEST_OF_A_LABEL else known.rows[known.truth == label]
        begin, end = (0.7 + 0.3 * one / labels for one in (label, label + 1))
        autoencoder, code = build_autoencoder(squares.shape[1])
        lesson.fit_part(
            autoencoder,
            Batches(squares, taught, lesson.seed),
            f"shape_{label}",
            lesson.telling(begin, end, f"Learning the shapes of {name}"),
        )
        kernel, bias = projection(predicted(code, squares[taught]), SHAPE, 0.5)
        shape[of_type] = predicted(code, squares[of_type]) @ kernel + bias
        dense = layers.Dense(SHAPE, name=f"shape_{label}")
        dense.build((None, len(kernel)))
        dense.set_weights([kernel, bias])
        codes.append((keras.Model(code.input, code.output, name=f"code_{label}"), dense))

    def features(pixels: Any, _: dict[str, Any]) -> dict[str, Any]:
        numbers = [layers.Reshape((1, SHAPE))(dense(code(pixels))) for code, dense in codes]
        beside = layers.Concatenate(axis=1, name="shapes")(numbers)
        return {"shape": Chosen(name="shape")([classifier(pixels), beside])}

    return Learnt(features, {"shape": shape}, history, unseen, lambda pixels, _: classifier(pixels))

"""From bytes to the square that a network sees: decoding, and the frame or background cut away."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from ml.networks.pixels import Pixels, crop_frame, crop_piece, decode_rgb, frame_margins, prepare
from tests.factories import draw

ART, MAT = (40, 90, 160), (250, 250, 250)


def filled(height: int, width: int, colour: tuple[int, int, int]) -> Pixels:
    return np.full((height, width, 3), colour, dtype=np.uint8)


def framed(height: int = 300, width: int = 400, *, bevel: bool = True) -> Pixels:
    """Draw a print 50 px inside a white frame whose bevel runs 20 px from the edge."""
    picture = filled(height, width, MAT)
    if bevel:
        picture[20:-20, 20:-20] = (236, 236, 236)
        picture[23:-23, 23:-23] = MAT
    picture[50:-50, 50:-50] = ART
    return picture


def saved(image: Image.Image, format_: str) -> bytes:
    data = BytesIO()
    image.save(data, format_)
    return data.getvalue()


def test_it_works() -> None:
    square = prepare(np.asarray(draw(1)), size=100, crop="none")
    assert square.shape == (100, 100, 3)
    assert square.dtype == np.uint8
    assert square.std() > 10


def test_a_png_is_decoded_as_it_is() -> None:
    assert np.array_equal(decode_rgb(saved(draw(3), "PNG")), np.asarray(draw(3)))


def test_a_jpeg_is_decoded_closely() -> None:
    decoded = decode_rgb(saved(draw(3), "JPEG")).astype(int)
    assert np.abs(decoded - np.asarray(draw(3))).mean() < 5


def test_a_grey_picture_gets_three_channels() -> None:
    decoded = decode_rgb(saved(draw(3).convert("L"), "PNG"))
    assert decoded.shape == (120, 160, 3)
    assert np.array_equal(decoded[..., 0], decoded[..., 2])


@pytest.mark.parametrize(
    "data",
    [b"", b"no picture", saved(draw(1), "GIF"), saved(draw(1), "JPEG")[:900]],
    ids=["empty", "text", "gif", "truncated"],
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(OSError):
        decode_rgb(data)


def test_a_png_with_a_broken_chunk_is_refused() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), "PNG")
    second = data.index(b"IDAT", data.index(b"IDAT") + 4)
    with pytest.raises(OSError):
        decode_rgb(data[:second] + b"\x00\xff\x01\x02" + data[second + 4 :])


def test_a_frame_and_its_mat_are_cut_away() -> None:
    margins = frame_margins(framed())
    assert margins is not None
    # The print begins 50 px in, and its first line may go with the mat.
    assert all(50 <= margin <= 52 for margin in margins)
    assert (crop_frame(framed()) == ART).all()


def test_a_white_border_without_a_bevel_stays() -> None:
    paper = framed(bevel=False)
    assert frame_margins(paper) is None
    assert np.array_equal(crop_frame(paper), paper)


def test_a_picture_that_fills_its_space_stays() -> None:
    whole = filled(200, 150, ART)
    assert crop_frame(whole) is whole


def test_a_frame_on_three_sides_is_none() -> None:
    picture = framed()
    picture[:30, :] = MAT
    assert frame_margins(picture) is None


def test_a_thumbnail_is_too_small_for_a_frame() -> None:
    assert frame_margins(framed()[:60, :60]) is None


def test_a_piece_is_cut_out_of_its_background() -> None:
    photo = filled(300, 200, (245, 245, 240))
    photo[200:280, 20:60] = ART
    square = crop_piece(photo)
    assert square.shape[0] == square.shape[1]
    assert 80 <= square.shape[0] <= 90
    piece = (square == ART).all(axis=2)
    assert piece.sum() == 80 * 40
    assert (square[~piece] == (245, 245, 240)).all()
    columns = np.flatnonzero(piece.any(axis=0))
    # In the middle, as wide on the left as on the right.
    assert abs(columns[0] - (square.shape[1] - 1 - columns[-1])) <= 1


def test_a_busy_background_is_kept_whole() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    square = crop_piece(noise)
    assert square.shape == (120, 120, 3)
    assert np.array_equal(square[15:105], noise)


def test_an_empty_background_becomes_a_square() -> None:
    assert crop_piece(filled(40, 90, (255, 255, 255))).shape == (90, 90, 3)


@pytest.mark.parametrize("crop", ["frame", "piece", "none"])
@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (64, 64), (700, 20)])
def test_any_size_fits(crop: str, shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert prepare(picture, size=100, crop=crop).shape == (100, 100, 3)  # type: ignore[arg-type]  # drawn from the list above


def test_preparing_leaves_the_picture_alone() -> None:
    picture = framed()
    prepare(picture, size=100, crop="frame")
    assert np.array_equal(picture, framed())


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (np.zeros((9, 9), np.uint8), "not uint8 9 x 9"),
        (np.zeros((9, 9, 4), np.uint8), "not uint8 9 x 9 x 4"),
        (np.zeros((9, 9, 3), np.float32), "not float32 9 x 9 x 3"),
        (np.zeros((0, 9, 3), np.uint8), "not uint8 0 x 9 x 3"),
    ],
)
def test_an_array_of_another_kind_is_refused(picture: Pixels, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        prepare(picture, size=100, crop="none")

"""Hostile and honest files: what becomes of them."""

import hashlib
import io
import struct
import zipfile
import zlib
from typing import Any

import imagehash
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageChops, ImageCms

from catalog import photos
from catalog.decoding import perceptual_hash
from catalog.photos import CleanPhoto, PhotoError, clean_photo
from tests.catalog.pictures import (
    BLUE,
    COLOURS,
    GREEN,
    JPEG,
    PNG,
    RED,
    WHITE,
    grey_png,
    png_chunk,
    quarters,
    refusal,
    saved,
)


def opened(photo: CleanPhoto) -> Image.Image:
    image = Image.open(io.BytesIO(photo.jpeg), formats=["JPEG"])
    image.load()
    assert image.size == (photo.width, photo.height)
    return image


def assert_near(image: Image.Image, x: float, y: float, colour: tuple[int, int, int]) -> None:
    """x, y: 0 to 1 across and down."""
    seen = image.getpixel((int(x * image.width), int(y * image.height)))
    assert isinstance(seen, tuple)
    assert max(abs(a - b) for a, b in zip(seen, colour, strict=True)) < 16, (seen, colour)


def assert_quarters(photo: CleanPhoto) -> None:
    image = opened(photo)
    assert_near(image, 0.25, 0.25, RED)
    assert_near(image, 0.75, 0.25, GREEN)
    assert_near(image, 0.25, 0.75, BLUE)
    assert_near(image, 0.75, 0.75, WHITE)


def png_with(chunk: bytes, image: Image.Image) -> bytes:
    """Put a chunk behind the header of a PNG (8 + 25 bytes)."""
    data = saved(image, "PNG")
    return data[:33] + chunk + data[33:]


def test_it_works() -> None:
    data = saved(quarters(800, 480), "JPEG", quality=95)
    photo = clean_photo(data)
    assert_quarters(photo)
    assert (photo.width, photo.height) == (800, 480)
    assert photo.sha256 == hashlib.sha256(data).hexdigest()
    thumbnail = Image.open(io.BytesIO(photo.thumbnail), formats=["JPEG"])
    assert thumbnail.size == (480, 288)
    assert_near(thumbnail, 0.25, 0.25, COLOURS[0])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF", "MPO"])
def test_every_format_is_read(kind: str) -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
    options = {"save_all": True, "append_images": [quarters()]} if kind == "MPO" else {}
    assert_quarters(clean_photo(saved(quarters(), kind, **options)))


def test_a_large_photo_is_scaled_down_and_a_small_one_is_left() -> None:
    photo = clean_photo(saved(quarters(3000, 2000), "JPEG"), max_side=600)
    assert (photo.width, photo.height) == (600, 400)
    assert_quarters(photo)
    assert clean_photo(saved(quarters(40, 32), "PNG")).width == 40


def test_zero_bytes() -> None:
    assert refusal(b"") == "empty"


@pytest.mark.parametrize(
    ("kind", "share"), [("JPEG", 0.6), ("PNG", 0.6), ("WEBP", 0.6), ("JPEG", 0.01), ("GIF", 0.5)]
)
def test_truncated(kind: str, share: float) -> None:
    data = saved(Image.effect_noise((200, 160), 80).convert("RGB"), kind)
    assert refusal(data[: max(12, int(len(data) * share))]) == "truncated"


def test_a_small_png_of_13000_x_13000() -> None:
    data = grey_png(13_000, 13_000)
    assert len(data) < 200_000
    assert refusal(data) == "huge"


def test_a_jpeg_header_claiming_65000_x_65000() -> None:
    data = bytearray(saved(quarters(), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack("!HH", 65_000, 65_000)
    assert refusal(bytes(data)) == "huge"


def test_a_webp_header_claiming_16383_x_16383() -> None:
    body = b"VP8X" + struct.pack("<I", 10) + bytes(4) + b"\xfe\x3f\x00\xfe\x3f\x00"
    body += saved(quarters(), "WEBP", lossless=True)[12:]
    assert refusal(b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body) == "huge"


def test_the_caps_are_arguments() -> None:
    data = saved(quarters(), "PNG")
    assert refusal(data, max_bytes=len(data) - 1) == "heavy"
    assert refusal(data, max_pixels=80 * 48 - 1) == "huge"
    assert clean_photo(data, max_bytes=len(data), max_pixels=80 * 48).width == 80


@pytest.mark.parametrize(("name", "value"), [("max_side", 0), ("max_side", 9000), ("quality", 100)])
def test_arguments_out_of_range(name: str, value: int) -> None:
    options: dict[str, Any] = {name: value}
    with pytest.raises(ValueError, match=str(value)):
        clean_photo(b"x", **options)


@pytest.mark.parametrize("size", [(1, 1), (31, 400), (400, 31)])
def test_too_small(size: tuple[int, int]) -> None:
    assert refusal(saved(Image.new("RGB", size), "PNG")) == "tiny"


def test_a_thin_strip() -> None:
    assert refusal(saved(Image.new("RGB", (32 * 21, 32)), "PNG")) == "strip"


@pytest.mark.parametrize("name", [b"iCCP", b"zTXt"])
def test_a_png_note_that_unpacks_to_half_a_gigabyte_costs_only_the_note(name: bytes) -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(512)) + packer.flush()
    chunk = png_chunk(name, b"note\0\0" + bomb)
    assert_quarters(clean_photo(png_with(chunk, quarters())))


def test_a_broken_profile_is_ignored() -> None:
    assert_quarters(
        clean_photo(saved(quarters(), "JPEG", icc_profile=b"nonsense" * 99, quality=95))
    )
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert_quarters(clean_photo(saved(quarters(), "PNG", icc_profile=lab)))


def test_a_profile_is_applied() -> None:
    """Swap red and green in an sRGB profile: its pixels mean the other colours."""
    srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = srgb.index(b"rXYZ"), srgb.index(b"gXYZ")
    srgb[red : red + 4], srgb[green : green + 4] = b"gXYZ", b"rXYZ"
    image = opened(clean_photo(saved(quarters(), "PNG", icc_profile=bytes(srgb))))
    assert_near(image, 0.25, 0.25, GREEN)
    assert_near(image, 0.75, 0.25, RED)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "unsupported"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n", "unsupported"),
        (saved(quarters(), "TIFF"), "unsupported"),
        (saved(quarters(), "BMP"), "unsupported"),
        (saved(quarters(), "ICO"), "unsupported"),
        (saved(quarters(), "JPEG2000"), "unsupported"),
        (saved(quarters(), "PPM"), "unreadable"),
        (b"Dear sir or madam,\n" * 40, "unreadable"),
        (bytes(5000), "unreadable"),
        (b"\xff", "unreadable"),
    ],
    ids=["svg", "eps", "tiff", "bmp", "ico", "jp2", "ppm", "text", "zeros", "byte"],
)
def test_other_files_are_refused_whatever_their_name(data: bytes, code: str) -> None:
    assert refusal(data) == code


def test_a_jpeg_that_is_also_a_zip_loses_the_zip() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("run.php", "<?php evil(); ?>")
    data = saved(quarters(), "JPEG", quality=95) + archive.getvalue()
    assert zipfile.is_zipfile(io.BytesIO(data))
    photo = clean_photo(data)
    assert_quarters(photo)
    assert not zipfile.is_zipfile(io.BytesIO(photo.jpeg))
    assert b"php" not in photo.jpeg + photo.thumbnail


def test_a_gif_of_5000_frames_is_its_first() -> None:
    frames = [Image.new("L", (32, 32), number % 2 * 255) for number in range(5000)]
    first = Image.new("RGB", (32, 32), RED)
    data = saved(first, "GIF", save_all=True, append_images=frames, duration=20)
    assert data.count(b"\x21\xf9\x04") > 4000
    assert_near(opened(clean_photo(data)), 0.5, 0.5, RED)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_its_first_frame(kind: str) -> None:
    data = saved(quarters(), kind, save_all=True, append_images=[Image.new("RGB", (80, 48))] * 3)
    assert_quarters(clean_photo(data))


def adobe_free(data: bytes) -> bytes:
    """Cut Adobe's APP14 segment out of a JPEG."""
    at = data.index(b"\xff\xee\x00\x0eAdobe")
    return data[:at] + data[at + 16 :]


def test_cmyk_with_and_without_adobes_inversion() -> None:
    inks = quarters().convert("CMYK")
    adobe = saved(inks, "JPEG", quality=95)
    plain = adobe_free(saved(ImageChops.invert(inks), "JPEG", quality=95))
    assert Image.open(io.BytesIO(plain)).mode == "CMYK"
    assert_quarters(clean_photo(adobe))
    assert_quarters(clean_photo(plain))


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_palette_transparency_lies_on_white(kind: str) -> None:
    image = Image.new("P", (64, 64), 0)
    image.putpalette([*BLUE, *RED])
    image.paste(1, (0, 0, 32, 64))
    clean = opened(clean_photo(saved(image, kind, transparency=0)))
    assert_near(clean, 0.25, 0.5, RED)
    assert_near(clean, 0.75, 0.5, WHITE)


def test_alpha_lies_on_white() -> None:
    half_black = Image.new("RGBA", (64, 64), (0, 0, 0, 128))
    assert_near(opened(clean_photo(saved(half_black, "PNG"))), 0.5, 0.5, (127, 127, 127))
    grey = Image.new("LA", (64, 64), (0, 0))
    assert_near(opened(clean_photo(saved(grey, "PNG"))), 0.5, 0.5, WHITE)
    keyed = saved(Image.new("RGB", (64, 64), BLUE), "PNG", transparency=BLUE)
    assert_near(opened(clean_photo(keyed)), 0.5, 0.5, WHITE)


def test_grey_bitmap_and_16_bit() -> None:
    grey = saved(Image.new("L", (64, 64), 90), "JPEG")
    assert_near(opened(clean_photo(grey)), 0.5, 0.5, (90, 90, 90))
    assert_near(opened(clean_photo(saved(Image.new("1", (64, 64), 1), "PNG"))), 0.5, 0.5, WHITE)
    deep = Image.frombytes("I;16", (64, 64), struct.pack("<H", 40_000) * 64 * 64)
    for side in (32, 64):
        clean = opened(clean_photo(saved(deep, "PNG"), max_side=side))
        assert_near(clean, 0.5, 0.5, (155, 155, 155))


def test_all_black_is_a_photo() -> None:
    photo = clean_photo(saved(Image.new("RGB", (200, 100)), "JPEG"))
    assert_near(opened(photo), 0.5, 0.5, (0, 0, 0))
    assert photo.phash == 0


@pytest.mark.parametrize(
    ("size", "expected"), [((1500, 1200), (750, 600)), ((1400, 700), (1400, 700)), ((90, 40),) * 2]
)
def test_a_jpeg_is_only_halved_where_that_is_enough(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    photo = clean_photo(saved(quarters(*size), "JPEG"), max_side=1500, draft_side=750)
    assert_quarters(photo)
    assert (photo.width, photo.height) == expected


def test_a_photo_can_come_without_thumbnail_and_hash() -> None:
    data = saved(quarters(800, 480), "JPEG")
    photo = clean_photo(data, thumbnail=False)
    assert (photo.thumbnail, photo.phash) == (b"", 0)
    assert photo.jpeg == clean_photo(data).jpeg


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(kind: str, orientation: int) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)
    stored = quarters() if undo is None else quarters().transpose(undo)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    photo = clean_photo(saved(stored, kind, exif=exif, quality=95))
    assert (photo.width, photo.height) == (80, 48)
    assert_quarters(photo)


def test_broken_exif_costs_nothing() -> None:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\x03\xff\xff\xff\xff" * 9
    assert_quarters(clean_photo(saved(quarters(), "JPEG", exif=exif, quality=95)))


def test_no_metadata_survives() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "SECRET camera"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (52.0, 30.0, 0.0)})
    data = saved(quarters(), "JPEG", exif=exif, comment=b"SECRET note", xmp=b"<x>SECRET</x>")
    assert Image.open(io.BytesIO(data)).getexif().get_ifd(ExifTags.IFD.GPSInfo)
    photo = clean_photo(data)
    for part in (photo.jpeg, photo.thumbnail):
        image = Image.open(io.BytesIO(part))
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert b"SECRET" not in part


def test_the_hash_is_imagehashs() -> None:
    for seed in range(12):
        image = Image.effect_mandelbrot((300, 200), (-2 + seed / 9, -1.1, 0.9, 1.1), 60)
        # The highest bit is the sign: 64 bits either way.
        assert perceptual_hash(image) % 2**64 == int(str(imagehash.phash(image)), 16)


def test_a_near_duplicate_has_a_near_hash() -> None:
    blocks = Image.frombytes("RGB", (12, 8), hashlib.shake_256(b"blocks").digest(288))
    image = blocks.resize((900, 600), Image.Resampling.BICUBIC)
    one = clean_photo(saved(image, "PNG"))
    two = clean_photo(saved(image.resize((450, 300)), "JPEG", quality=60))
    other = clean_photo(saved(quarters(), "PNG"))
    assert (one.phash ^ two.phash).bit_count() <= 4
    assert (one.phash ^ other.phash).bit_count() > 12


def test_random_bytes() -> None:
    for seed in range(20):
        assert refusal(hashlib.shake_256(bytes([seed])).digest(3000)) == "unreadable"


@settings(max_examples=60, deadline=None)
@given(
    data=st.sampled_from([JPEG, PNG]),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
    cut=st.floats(0.5, 1.0),
)
def test_mutated_bytes_are_a_photo_or_refused(
    data: bytes, changes: list[tuple[float, int]], cut: float
) -> None:
    mutated = bytearray(data)
    for place, value in changes:
        mutated[int(place * (len(mutated) - 1))] = value
    try:
        photo = clean_photo(bytes(mutated[: int(cut * len(mutated))]))
    except PhotoError as error:
        refused = error
    else:
        opened(photo)
        return
    assert refused.code in photos.MESSAGES
    assert not refused.temporary

"""Rebuild pictures out of untrusted bytes: pure functions, for a process with limits.

catalog/decoder.py calls them, in one child per photo. NumPy and imagehash stay out: with SciPy they
would add 40 MB, 250 MB of address space and threads, all for one 32 x 32 transform.
"""

import contextlib
import io
import math
import statistics
import struct
import warnings
import zlib
from dataclasses import dataclass
from operator import mul

import pillow_heif
from PIL import (
    AvifImagePlugin,
    ExifTags,
    Image,
    ImageChops,
    ImageCms,
    UnidentifiedImageError,
)

from catalog.photos import MAX_ASPECT, MIN_SIDE, THUMBNAIL_SIDE, Order

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF")

_LARGEST_PROFILE = 4 * 1024 * 1024
_LANCZOS = Image.Resampling.LANCZOS
# Downwards as clean as bicubic, at half its time.
_HAMMING = Image.Resampling.HAMMING
_SRGB = ImageCms.createProfile("sRGB")
# How each EXIF orientation is undone (Exif 3.0, tag 0x0112).
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# How files begin that are pictures, of kinds that are not read here.
_OTHER_PICTURES = (
    b"II*\0", b"MM\0*", b"II+\0", b"BM", b"%!PS", b"%PDF", b"\xc5\xd0\xd3\xc6", b"8BPS", b"<svg",
    b"<?xml", b"\0\0\1\0", b"\0\0\2\0", b"\xff\x0a", b"\0\0\0\x0cJXL ", b"\0\0\0\x0cjP  ",
    b"\xff\x4f\xff\x51", b"qoif", b"gimp xcf", b"\0\0\0\x18ftypcrx",
)  # fmt: skip
_OUR_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"RIFF")
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_NOTES = (b"iCCP", b"tEXt", b"zTXt", b"iTXt")
# cos of the type-II DCT's first 8 rows over 32 points.
_COSINES = [[math.cos(math.pi * k * (2 * n + 1) / 64) for n in range(32)] for k in range(8)]


class RefusalError(Exception):
    """Refuse a photo; code is a key of catalog.photos.MESSAGES."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Decoded:
    """Two JPEGs rebuilt from pixels and the numbers of catalog.photos.CleanPhoto."""

    jpeg: bytes
    thumbnail: bytes
    width: int
    height: int
    phash: int


def decode(data: bytes, order: Order) -> Decoded:
    """Decode one untrusted picture: upright, sRGB, on white, at most order.max_side, no metadata.

    Meant for a process with limits. Raises RefusalError, MemoryError, or whatever a library raises
    on bytes it was not made for.
    """
    Image.MAX_IMAGE_PIXELS = order.max_pixels
    try:
        image = _loaded(data, order)
    except ValueError:
        # Pillow refuses the whole PNG for a profile or text that unpacks to more than 1 MB.
        lean = _without_notes(data)
        if lean == data:
            raise
        image = _loaded(lean, order)
    canvas = _on_white(image, _fitting(image.size, order.max_side))
    turn = _UPRIGHT.get(_orientation(image))
    if turn is not None:
        canvas = canvas.transpose(turn)
    thumbnail, phash = b"", 0
    if order.thumbnail:
        small = canvas.resize(_fitting(canvas.size, THUMBNAIL_SIDE), _HAMMING, reducing_gap=1.5)
        thumbnail, phash = _jpeg(small, min(order.quality, 85)), perceptual_hash(small)
    return Decoded(
        jpeg=_jpeg(canvas, order.quality),
        thumbnail=thumbnail,
        width=canvas.width,
        height=canvas.height,
        phash=phash,
    )


def perceptual_hash(image: Image.Image) -> int:
    """Hash what a picture looks like into a signed 64-bit number.

    The DCT hash of Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions"
    (2010), section 3.2.1, in the variant of imagehash.phash: grey, 32 x 32, the 8 x 8 lowest
    frequencies, each above their median or not; the first bit is the highest.
    """
    grey = list(image.convert("L").resize((32, 32), _LANCZOS).tobytes())
    rows = [grey[start : start + 32] for start in range(0, 1024, 32)]
    across = [[sum(map(mul, wave, row)) for wave in _COSINES] for row in rows]
    columns = list(zip(*across, strict=True))
    # Rounded, so that a flat picture's frequencies are 0 and not the noise of the arithmetic.
    low = [round(sum(map(mul, wave, column)), 6) for wave in _COSINES for column in columns]
    middle = statistics.median(low)
    number = int("".join("01"[value > middle] for value in low), 2)
    return number - 2**64 if number >= 2**63 else number


def _loaded(data: bytes, order: Order) -> Image.Image:
    try:
        _check_size(_webp_size(data), order)
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        _check_size(image.size, order)
        if image.format in ("JPEG", "MPO"):
            # libjpeg scales by 2, 4 or 8 while it decodes: less time and memory.
            image.draft(None, _fitting(image.size, order.draft_side))
        image.load()
        if image.format not in ("JPEG", "MPO"):
            # A HEIF picture's header may claim another size than its content has.
            _check_size(image.size, order)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise RefusalError("huge") from error
    except UnidentifiedImageError as error:
        raise RefusalError(_unidentified(data)) from error
    except (OSError, EOFError, SyntaxError, struct.error, zlib.error) as error:
        raise RefusalError("truncated") from error
    return image


def _unidentified(data: bytes) -> str:
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(_OUR_PICTURES) or data[4:8] == b"ftyp":
        return "truncated"
    return "unsupported" if start.startswith(_OTHER_PICTURES) else "unreadable"


def _check_size(size: tuple[int, int] | None, order: Order) -> None:
    if size is None:
        return
    short, long = sorted(size)
    if short * long > order.max_pixels:
        raise RefusalError("huge")
    if short < MIN_SIDE:
        raise RefusalError("tiny")
    if long > MAX_ASPECT * short:
        raise RefusalError("strip")


def _webp_size(data: bytes) -> tuple[int, int] | None:
    """Read a WebP file's size (RFC 9649): the library takes the canvas's memory as it opens it."""
    if len(data) < 30 or data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    match data[12:16]:
        case b"VP8X":
            width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = (part & 0x3FFF for part in struct.unpack_from("<HH", data, 26))
        case _:
            return None
    return width, height


def _without_notes(data: bytes) -> bytes:
    """Copy a PNG without its colour profile and texts; other bytes come back as they are."""
    if not data.startswith(_PNG_SIGNATURE):
        return data
    kept, at = [_PNG_SIGNATURE], len(_PNG_SIGNATURE)
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] not in _PNG_NOTES:
            kept.append(data[at:end])
        at = end
    return b"".join(kept)


def _fitting(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Scale a size down, never up, so that its longest side is at most side."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except (OSError, EOFError, SyntaxError, ValueError, LookupError, TypeError, struct.error):
        # Broken EXIF costs the turn, not the picture.
        return 1
    return value if isinstance(value, int) else 1


def _on_white(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scale any mode's pixels, convert them to sRGB and lay them on white in a new RGB image."""
    profile = image.info.get("icc_profile")
    if image.mode == "CMYK" and "adobe" not in image.info:
        # Pillow takes every CMYK JPEG as inverted; only those with Adobe's marker are.
        image = ImageChops.invert(image)
    if image.mode in ("P", "PA", "1") or "transparency" in image.info:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    deep = image.mode.startswith(("I", "F"))
    if size != image.size:
        image = image.resize(size, _HAMMING, reducing_gap=None if deep else 3.0)
    if deep:
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    if alpha is not None:
        image = image.convert("L" if image.mode == "LA" else "RGB")
    canvas = Image.new("RGB", size, "white")
    canvas.paste(_in_srgb(image, profile), mask=alpha)
    return canvas


def _in_srgb(image: Image.Image, profile: object) -> Image.Image:
    if isinstance(profile, bytes) and 0 < len(profile) <= _LARGEST_PROFILE:
        # A profile that is broken, or made for another kind of pixels, is as good as none.
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
            if converted is not None:
                return converted
    return image if image.mode == "RGB" else image.convert("RGB")


def _jpeg(image: Image.Image, quality: int) -> bytes:
    target = io.BytesIO()
    image.save(target, "JPEG", quality=quality)
    return target.getvalue()


def prepare() -> None:
    """Set this process's libraries up and have them import what they import late."""
    pillow_heif.register_heif_opener(
        decode_threads=1, thumbnails=False, depth_images=False, aux_images=False
    )
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.init()
    sample = Image.new("RGBA", (MIN_SIDE, MIN_SIDE))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    order = Order(
        size=0,
        max_side=MIN_SIDE,
        draft_side=MIN_SIDE,
        quality=90,
        max_pixels=MIN_SIDE**2,
        thumbnail=True,
    )
    for name in ("JPEG", "PNG", "WEBP", "GIF"):
        target = io.BytesIO()
        profile = ImageCms.ImageCmsProfile(_SRGB).tobytes()
        sample.convert("RGB").save(target, name, exif=exif, icc_profile=profile)
        decode(target.getvalue(), order)

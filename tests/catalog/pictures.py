"""Pictures for the tests of photos: plain, packed, and what is said of those that are refused."""

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, ImageDraw

from catalog.photos import PhotoError, clean_photo

RED, GREEN, BLUE, WHITE = (250, 5, 5), (5, 250, 5), (5, 5, 250), (255, 255, 255)
COLOURS = (RED, GREEN, BLUE, WHITE)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def quarters(width: int = 80, height: int = 48) -> Image.Image:
    """Red, green, blue and white quarters: every turn and mirroring shows."""
    image = Image.new("RGB", (width, height), WHITE)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 2 - 1, height // 2 - 1), RED)
    draw.rectangle((width // 2, 0, width, height // 2 - 1), GREEN)
    draw.rectangle((0, height // 2, width // 2 - 1, height), BLUE)
    return image


def refusal(data: bytes, **options: Any) -> str:
    with pytest.raises(PhotoError) as caught:
        clean_photo(data, **options)
    assert "Nothing was kept." in caught.value.message
    return caught.value.code


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack("!I", len(body)) + name + body + struct.pack("!I", zlib.crc32(name + body))


def grey_png(width: int, height: int) -> bytes:
    """A PNG of zeros, packed well."""
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(width + 1)) for _ in range(height)) + packer.flush()
    header = struct.pack("!IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", rows)
        + png_chunk(b"IEND", b"")
    )


JPEG = saved(Image.effect_noise((64, 48), 90).convert("RGB"), "JPEG")
PNG = saved(Image.effect_noise((64, 48), 90).convert("RGB"), "PNG")

"""Hostile and honest files against the real decoder helper."""

import hashlib
import io
import os
import signal
import struct
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import imagehash
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageChops, ImageCms, ImageDraw

from catalog import photos
from catalog.decoding import perceptual_hash
from catalog.photos import CleanPhoto, PhotoError, clean_photo, stop_decoder

ROOT = Path(__file__).resolve().parents[2]
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


def refusal(data: bytes, **options: int) -> str:
    with pytest.raises(PhotoError) as caught:
        clean_photo(data, **options)
    assert "Nothing was kept." in caught.value.message
    return caught.value.code


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack("!I", len(body)) + name + body + struct.pack("!I", zlib.crc32(name + body))


def png_with(chunk: bytes, image: Image.Image) -> bytes:
    """Put a chunk behind the header of a PNG (8 + 25 bytes)."""
    data = saved(image, "PNG")
    return data[:33] + chunk + data[33:]


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


def test_it_works() -> None:
    data = saved(quarters(800, 480), "JPEG", quality=95)
    photo = clean_photo(data)
    assert_quarters(photo)
    assert (photo.width, photo.height) == (800, 480)
    assert photo.sha256 == hashlib.sha256(data).hexdigest()
    thumbnail = Image.open(io.BytesIO(photo.thumbnail), formats=["JPEG"])
    assert thumbnail.size == (480, 288)
    expected = [round((a + b + c + d) / 4) for a, b, c, d in zip(*COLOURS, strict=True)]
    assert max(abs(a - b) for a, b in zip(photo.mean_colour, expected, strict=True)) <= 2


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
    with pytest.raises(ValueError, match=str(value)):
        clean_photo(b"x", **{name: value})


def progressive_bomb() -> bytes:
    """36 flat megapixels, the last of their scans repeated: minutes of work in under 1 MB."""
    data = saved(Image.new("L", (6000, 6000), 90), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * 9000 + data[-2:]


@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not limit address space")
def test_a_photo_that_needs_too_much_memory() -> None:
    """WebP's library keeps a canvas and hands out a copy: 40 megapixels are over 512 MB."""
    assert refusal(saved(Image.new("RGB", (6300, 6300)), "WEBP", method=0)) == "memory"


def test_a_photo_that_takes_too_long_is_ended_and_so_is_one_that_never_comes() -> None:
    _, talk, verdicts = photos._submit()
    with talk, verdicts:
        began = time.monotonic()
        assert refusal(progressive_bomb()) == "slow"
        # The other photo's bytes never came, so it used no processor, only time.
        verdicts.settimeout(20)
        assert verdicts.recv(99) == b"slow"
        assert time.monotonic() - began < 20


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
    assert (photo.mean_colour, photo.phash) == ((0, 0, 0), 0)


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


JPEG = saved(Image.effect_noise((64, 48), 90).convert("RGB"), "JPEG")
PNG = saved(Image.effect_noise((64, 48), 90).convert("RGB"), "PNG")


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


def helper_process() -> psutil.Process:
    assert photos._helper is not None
    return psutil.Process(photos._helper.process.pid)


def slow_photo() -> bytes:
    """About a second of work: 36 megapixels that a PNG decoder must go through."""
    return grey_png(6000, 6000)


def test_the_helper_killed_while_it_works_costs_one_retry() -> None:
    clean_photo(PNG)
    first = helper_process()
    data = slow_photo()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(clean_photo, data, max_side=200)
        while not (children := first.children()) and not answer.done():
            time.sleep(0.002)
        assert children, "the photo was done before its child was seen"
        first.kill()
        assert answer.result().width == 200
    assert helper_process().pid != first.pid
    assert not psutil.wait_procs(children, timeout=5)[1], "a child outlived its helper"


def test_a_helper_killed_twice_is_a_clean_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    stop_decoder()
    monkeypatch.setattr(photos, "_ROOT", Path("/"))
    try:
        with pytest.raises(PhotoError) as caught:
            clean_photo(PNG)
    finally:
        stop_decoder()
    assert (caught.value.code, caught.value.temporary) == ("unavailable", True)


def test_a_helper_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    clean_photo(PNG)
    first = helper_process()
    monkeypatch.setattr(photos, "_PATIENCE_SECONDS", 0.5)
    first.suspend()
    with pytest.raises(PhotoError) as caught:
        clean_photo(PNG)
    assert (caught.value.code, caught.value.temporary) == ("busy", True)
    monkeypatch.undo()
    assert clean_photo(PNG).width == 64
    assert helper_process().pid != first.pid


def test_eight_threads_at_once() -> None:
    pictures = [saved(Image.new("RGB", (60 + n, 40), (n * 30, 99, 9)), "PNG") for n in range(8)]
    start = threading.Barrier(8)

    def work(number: int) -> list[CleanPhoto]:
        start.wait()
        return [clean_photo(pictures[number]) for _ in range(5)]

    with ThreadPoolExecutor(8) as pool:
        for number, answers in enumerate(pool.map(work, range(8))):
            for photo in answers:
                assert photo.width == 60 + number
                assert photo.sha256 == hashlib.sha256(pictures[number]).hexdigest()
                assert abs(photo.mean_colour[0] - number * 30) <= 2
    assert len(psutil.Process().children()) >= 1
    assert helper_process().children() == []


def test_two_photos_are_decoded_at_the_same_time() -> None:
    clean_photo(PNG)
    helper, data, most = helper_process(), slow_photo(), 0
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(clean_photo, data, max_side=100) for _ in range(2)]
        while not all(answer.done() for answer in answers):
            most = max(most, len(helper.children()))
            time.sleep(0.002)
        assert all(answer.result().width == 100 for answer in answers)
    assert most == 2


def test_a_forked_process_starts_its_own_helper() -> None:
    clean_photo(PNG)
    parents = helper_process().pid
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            photo = clean_photo(JPEG)
            os.write(writer, f"{photo.width} {helper_process().pid}".encode())
            stop_decoder()
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answers:
        width, childs = answers.read().split()
    assert os.waitpid(pid, 0)[1] == 0
    assert (width, helper_process().pid) == ("64", parents)
    assert int(childs) != parents
    assert not psutil.pid_exists(int(childs))
    assert clean_photo(PNG).width == 64


@pytest.mark.parametrize("signal_number", [None, signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_when_the_parent_ends(signal_number: signal.Signals | None) -> None:
    program = (
        "import sys; from catalog import photos; photos.clean_photo(sys.stdin.buffer.read());"
        "print(photos._helper.process.pid, *(m for m in ('PIL', 'numpy', 'django') "
        "if m in sys.modules), flush=True);"
    )
    program += "" if signal_number is None else "import time; time.sleep(60)"
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    with parent.stdin, parent.stdout:
        parent.stdin.write(PNG)
        parent.stdin.close()
        # Only the number: the parent has imported none of the heavy modules.
        helper = psutil.Process(int(parent.stdout.readline()))
        if signal_number is not None:
            parent.send_signal(signal_number)
        parent.wait(timeout=20)
    psutil.wait_procs([helper], timeout=10)
    assert not helper.is_running() or helper.status() == psutil.STATUS_ZOMBIE


def test_the_helper_holds_no_socket_and_no_secret_of_its_parent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import socket

    monkeypatch.setenv("SECRET_KEY", "not for decoders")
    stop_decoder()
    with socket.create_server(("127.0.0.1", 0)):
        clean_photo(PNG)
        assert helper_process().net_connections("inet") == []
        assert "SECRET_KEY" not in helper_process().environ()


def test_photos_leave_no_files_open() -> None:
    clean_photo(PNG)
    before = psutil.Process().num_fds(), helper_process().num_fds()
    for _ in range(10):
        clean_photo(PNG)
        refusal(b"nonsense")
    assert (psutil.Process().num_fds(), helper_process().num_fds()) == before


def test_the_decoder_is_not_started_by_hand() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "catalog.decoder"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1

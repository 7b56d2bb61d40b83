"""Clean photos out of untrusted bytes.

Decoding happens in another process (see catalog/decoder.py): this module starts that helper on
first use, hands it sockets for each photo and reads the answer. It imports nothing heavy, so a web
process that cleans photos stays small.
"""

import atexit
import contextlib
import hashlib
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 40_000_000
MIN_SIDE = 32
MAX_ASPECT = 20
THUMBNAIL_SIDE = 480
WALL_SECONDS = 10.0

# A header's length, in bytes, before every header on the wire.
PREFIX = struct.Struct("!I")

_ROOT = Path(__file__).resolve().parent.parent
# The helper sees no passwords and keys that the site's environment may hold.
_HELPER_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL")
# A photo that waited for its turn may not have started when its own 10 seconds are over.
_PATIENCE_SECONDS = WALL_SECONDS + 1.0
_LARGEST_ANSWER = 64 * 1024 * 1024

_NOTHING_KEPT = "Nothing was kept."
MESSAGES = {
    "empty": f"The file is empty. {_NOTHING_KEPT} Choose the photo again and send it once more.",
    "unreadable": f"This file is not a picture. {_NOTHING_KEPT}"
    " Send a JPEG, PNG, WebP, HEIC, AVIF or GIF file.",
    "unsupported": f"This kind of picture cannot be read here. {_NOTHING_KEPT}"
    " Save it as JPEG or PNG and send that.",
    "heavy": "The file is larger than {megabytes:.4g} MB."
    f" {_NOTHING_KEPT} Save a smaller copy and send that.",
    "huge": "The picture has more than {megapixels:.4g} megapixels."
    f" {_NOTHING_KEPT} Save a smaller copy and send that.",
    "truncated": f"The picture is damaged or was cut off on its way. {_NOTHING_KEPT}"
    " Open it to see that it is whole, then send it again.",
    "tiny": f"The picture is smaller than {MIN_SIDE} x {MIN_SIDE} points. {_NOTHING_KEPT}"
    " Send a larger photo of the piece.",
    "strip": f"The picture is more than {MAX_ASPECT} times as long as it is wide. {_NOTHING_KEPT}"
    " Crop it to the piece and send that.",
    "slow": f"The picture took too long to read. {_NOTHING_KEPT}"
    " Save it as an ordinary JPEG and send that.",
    "memory": f"The picture needs more memory than one photo may use. {_NOTHING_KEPT}"
    " Save a smaller copy and send that.",
    "broken": f"The picture could not be read: something in it is broken. {_NOTHING_KEPT}"
    " Save it as an ordinary JPEG and send that.",
    "busy": f"Too many photos are being read at the moment. {_NOTHING_KEPT}"
    " Wait a minute and send yours again.",
    "unavailable": f"Photos cannot be read at the moment. {_NOTHING_KEPT}"
    " Wait a minute and send yours again.",
}


class PhotoError(Exception):
    """Say why bytes did not become a photo.

    code: a key of MESSAGES. message: for people. temporary: True where the same photo may pass
    later (answer 503 instead of 4xx).
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def temporary(self) -> bool:
        return self.code in ("busy", "unavailable")


@dataclass(frozen=True)
class CleanPhoto:
    """A photo that is safe to keep: upright, sRGB, on white, without any metadata.

    jpeg: width x height points, longest side at most max_side. sha256: 64 hex digits, of the
    original bytes. thumbnail: JPEG, longest side at most 480. phash: perceptual hash as a signed
    64-bit number, near-duplicates differ in few bits. Where these two were not asked for they are
    empty and 0.
    """

    jpeg: bytes
    width: int
    height: int
    sha256: str
    thumbnail: bytes
    phash: int


@dataclass(frozen=True)
class Order:
    """What the helper is asked for: sides in points, quality 1 to 95, pixels as a count."""

    size: int
    max_side: int
    draft_side: int
    quality: int
    max_pixels: int
    thumbnail: bool


class _HelperDiedError(Exception):
    """The helper ended before it could answer for this photo."""


class _Helper:
    """One decoder process and the socket that hands it work."""

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair()
        with theirs:
            environment = {k: v for k, v in os.environ.items() if k in _HELPER_ENVIRONMENT}
            self.process = subprocess.Popen(
                [sys.executable, "-m", "catalog.decoder"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd=_ROOT,
                env=environment,
            )
        self.control.setblocking(False)
        self.heard = time.monotonic()

    def stop(self) -> None:
        """Close the control socket, which ends the helper and its children, and reap it."""
        self.control.close()
        try:
            self.process.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the helper at once, in whatever state it is, and reap it."""
        self.control.close()
        self.process.kill()
        self.process.wait()


_lock = threading.Lock()
_helper: _Helper | None = None


def clean_photo(
    data: bytes,
    *,
    max_side: int = 1600,
    draft_side: int | None = None,
    quality: int = 90,
    max_bytes: int = MAX_BYTES,
    max_pixels: int = MAX_PIXELS,
    thumbnail: bool = True,
) -> CleanPhoto:
    """Turn untrusted bytes into a clean photo, within 11 seconds and 512 MB of another process.

    data: a JPEG, PNG, WebP, HEIC, AVIF or GIF file (the first frame is taken), known by its
    content. max_side: 32 to 8192 points, never enlarged. draft_side: 32 to max_side; how small a
    JPEG may come where it is shrunk by halves while it is read, which costs a fifth of scaling it;
    max_side where left out. quality: JPEG quality, 1 to 95. max_bytes, max_pixels: caps of the file
    and of its header's size. thumbnail: whether to make the thumbnail and the perceptual hash. Safe
    to call from many threads, and after a fork. Raises PhotoError for everything that is wrong with
    the bytes, ValueError for arguments out of range.
    """
    if not MIN_SIDE <= max_side <= 8192:
        raise ValueError(f"max_side must be {MIN_SIDE} to 8192, not {max_side!r}")
    if draft_side is None:
        draft_side = max_side
    if not MIN_SIDE <= draft_side <= max_side:
        raise ValueError(f"draft_side must be {MIN_SIDE} to max_side, not {draft_side!r}")
    if not 1 <= quality <= 95:
        raise ValueError(f"quality must be 1 to 95, not {quality!r}")
    facts = {"megabytes": max_bytes / 1024**2, "megapixels": max_pixels / 1e6}
    try:
        if not data:
            raise _RefusedError("empty")
        if len(data) > max_bytes:
            raise _RefusedError("heavy")
        order = Order(len(data), max_side, draft_side, quality, max_pixels, thumbnail)
        return _photo(_ask_with_one_retry(data, order), data, order)
    except _RefusedError as refused:
        message = MESSAGES[refused.code].format(**facts)
        raise PhotoError(refused.code, message) from refused.__cause__


def stop_decoder() -> None:
    """Stop this process's decoder helper, if it runs; the next photo starts another."""
    global _helper
    with _lock:
        helper, _helper = _helper, None
    if helper is not None:
        helper.stop()


def read_exactly(connection: socket.socket, count: int) -> bytes:
    """Read count bytes; raises EOFError where the other side ends before."""
    received, at = bytearray(count), 0
    with memoryview(received) as view:
        while at < count:
            came = connection.recv_into(view[at:])
            if not came:
                raise EOFError(f"{at} of {count} bytes came")
            at += came
    return bytes(received)


class _RefusedError(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _ask_with_one_retry(data: bytes, order: Order) -> bytes:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    try:
        return _ask(data, order, deadline)
    except _HelperDiedError:
        try:
            return _ask(data, order, deadline)
        except _HelperDiedError as error:
            raise _RefusedError("unavailable") from error


def _ask(data: bytes, order: Order, deadline: float) -> bytes:
    """Have one photo decoded; gives the child's whole answer.

    Raises _RefusedError for the helper's verdict, _HelperDiedError where there is none.
    """
    asked = time.monotonic()
    helper, talk, verdicts = _submit()
    with talk, verdicts:
        try:
            header = json.dumps(asdict(order)).encode()
            # A child that died stops reading; its verdict says why.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                _until(deadline, talk)
                talk.sendall(PREFIX.pack(len(header)) + header)
                talk.sendall(data)
            answer = b"".join(_received(talk, deadline))
            verdict = b"".join(_received(verdicts, deadline))
        except TimeoutError as error:
            if helper.heard < asked:
                # Within a photo's time a living helper ends at least one: this one hangs.
                _discard(helper)
            raise _RefusedError("busy") from error
    if not verdict:
        _discard(helper)
        raise _HelperDiedError
    helper.heard = time.monotonic()
    if verdict != b"ok":
        code = verdict.decode("ascii", "replace")
        raise _RefusedError(code if code in MESSAGES else "broken")
    return answer


def _submit() -> tuple[_Helper, socket.socket, socket.socket]:
    """Hand the helper a new pair of sockets: one for photo and answer, one for its verdict.

    The lock is held until the helper's ends are closed here: a fork in another thread could
    otherwise keep them open, and the end of an answer would never be seen.
    """
    with contextlib.ExitStack() as ours, _lock:
        talk, their_talk = socket.socketpair()
        verdicts, their_verdicts = socket.socketpair()
        ours.enter_context(talk)
        ours.enter_context(verdicts)
        with their_talk, their_verdicts:
            helper = _running()
            try:
                files = [their_talk.fileno(), their_verdicts.fileno()]
                socket.send_fds(helper.control, [b"."], files)
            except BlockingIOError as error:
                raise _RefusedError("busy") from error
            except (BrokenPipeError, ConnectionResetError) as error:
                _replace(helper)
                raise _HelperDiedError from error
        ours.pop_all()
        return helper, talk, verdicts


def _running() -> _Helper:
    """Give the helper, started where none runs. The caller holds the lock."""
    global _helper
    if _helper is not None and _helper.process.poll() is not None:
        _replace(_helper)
    if _helper is None:
        _helper = _Helper()
    return _helper


def _discard(helper: _Helper) -> None:
    with _lock:
        _replace(helper)


def _replace(helper: _Helper) -> None:
    """Make the next photo start another helper, once only per helper. The caller holds the lock."""
    global _helper
    if _helper is helper:
        _helper = None
        helper.kill()


def _until(deadline: float, connection: socket.socket) -> None:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError
    connection.settimeout(remaining)


def _received(connection: socket.socket, deadline: float) -> Iterator[bytes]:
    """Yield blocks until the other side ends. Raises TimeoutError, _RefusedError past 64 MB."""
    total = 0
    while True:
        _until(deadline, connection)
        try:
            block = connection.recv(1 << 18)
        except ConnectionResetError:
            return
        if not block:
            return
        total += len(block)
        if total > _LARGEST_ANSWER:
            raise _RefusedError("broken")
        yield block


def _photo(answer: bytes, data: bytes, order: Order) -> CleanPhoto:
    """Read a child's answer as one from a stranger: the bytes it decoded may have taken it over."""
    try:
        (length,) = PREFIX.unpack_from(answer)
        start = PREFIX.size + length
        header = json.loads(answer[PREFIX.size : start])
        if "refused" in header:
            raise _RefusedError(header["refused"] if header["refused"] in MESSAGES else "broken")
        width, height, phash = (int(header[name]) for name in ("width", "height", "phash"))
        middle = start + int(header["jpeg_size"])
        jpeg, thumbnail = answer[start:middle], answer[middle:]
    except (struct.error, ValueError, TypeError, KeyError) as error:
        raise _RefusedError("broken") from error
    pictures = (jpeg, thumbnail) if order.thumbnail else (jpeg,)
    sound = (
        all(1 <= side <= order.max_side for side in (width, height))
        and -(2**63) <= phash < 2**63
        and all(part.startswith(b"\xff\xd8") for part in pictures)
        and all(part.endswith(b"\xff\xd9") for part in pictures)
    )
    if not sound:
        raise _RefusedError("broken")
    sha256 = hashlib.sha256(data).hexdigest()
    return CleanPhoto(jpeg, width, height, sha256, thumbnail, phash)


def _forget_after_fork() -> None:
    """Leave the parent's helper to the parent: a forked process starts its own."""
    global _helper
    if _helper is not None:
        _helper.control.close()
        # It is not this process's child: nothing to wait for, nothing to warn about.
        _helper.process.returncode = 0
        _helper = None
    _lock.release()


os.register_at_fork(
    before=_lock.acquire,
    after_in_parent=_lock.release,
    after_in_child=_forget_after_fork,
)
atexit.register(stop_decoder)

"""The decoder's helper process: its limits, its ends, and many photos at once."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from PIL import Image

from catalog import photos
from catalog.photos import CleanPhoto, PhotoError, clean_photo, stop_decoder
from tests.catalog.pictures import JPEG, PNG, grey_png, refusal, saved

ROOT = Path(__file__).resolve().parents[2]


def helper_process() -> psutil.Process:
    assert photos._helper is not None
    return psutil.Process(photos._helper.process.pid)


def slow_photo() -> bytes:
    """About a second of work: 36 megapixels that a PNG decoder must go through."""
    return grey_png(6000, 6000)


def progressive_bomb() -> bytes:
    """36 flat megapixels, the last of their scans repeated: minutes of work in under 1 MB."""
    data = saved(Image.new("L", (6000, 6000), 90), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * 9000 + data[-2:]


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
                pixel = Image.open(io.BytesIO(photo.jpeg)).getpixel((20, 20))
                assert isinstance(pixel, tuple)
                assert abs(pixel[0] - number * 30) <= 2
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

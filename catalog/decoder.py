"""The photo decoder: a helper process that forks one limited child per untrusted photo.

catalog/photos.py starts it as `python -m catalog.decoder` with a Unix socket as standard input.
Each message there is one byte and two sockets. A forked child reads the photo from the first,
decodes it under its limits, writes the answer and ends; the helper, which never looks at the bytes,
reaps the child and writes its verdict to the second: "ok", or the code of a refusal. The end of
standard input, or another parent than at the start, ends the helper and its children.
(PR_SET_PDEATHSIG would end it with the thread that started it, not with the process.)

It has one thread and imports everything before the first fork, so a child costs milliseconds and
shares its memory.
"""

import contextlib
import ctypes
import gc
import json
import math
import os
import resource
import selectors
import signal
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from catalog.decoding import RefusalError, decode, prepare
from catalog.photos import PREFIX, WALL_SECONDS, Order, read_exactly

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 8
# More than the cores, so that one photo's bytes can arrive while others decode.
SLOTS = max(4, os.cpu_count() or 1)

_MEMORY_EXIT = 77
_PR_SET_PDEATHSIG = 1


@dataclass
class _Child:
    verdicts: socket.socket
    deadline: float
    is_slow: bool = False


class _Server:
    """Fork a child for each photo that comes over control; at most SLOTS at a time."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.parent = os.getppid()
        self.children: dict[int, _Child] = {}
        self.wake_read, self.wake_write = socket.socketpair()
        self.wake_read.setblocking(False)
        self.wake_write.setblocking(False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.wake_read, selectors.EVENT_READ)
        self.has_room = False
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wake_write.fileno(), warn_on_full_buffer=False)
        # Ctrl-C reaches the whole terminal; the parent decides when this process ends.
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def run(self) -> None:
        """Serve until the parent is gone; then no child is left."""
        try:
            while os.getppid() == self.parent and self._turn():
                self._reap()
        finally:
            for pid in self.children:
                os.kill(pid, signal.SIGKILL)
            for pid in self.children:
                os.waitpid(pid, 0)

    def _turn(self) -> bool:
        """Wait for a photo, a child's end or a deadline; False where the parent hung up."""
        if self.has_room != (len(self.children) < SLOTS):
            self.has_room = not self.has_room
            if self.has_room:
                self.selector.register(self.control, selectors.EVENT_READ)
            else:
                self.selector.unregister(self.control)
        due = min((child.deadline for child in self.children.values()), default=math.inf)
        patience = max(0.0, min(5.0, due - time.monotonic()))
        ready = [key.fileobj for key, _ in self.selector.select(patience)]
        if self.wake_read in ready:
            self.wake_read.recv(4096)
        if self.control in ready:
            return self._accept()
        return True

    def _accept(self) -> bool:
        message, files, _, _ = socket.recv_fds(self.control, 1, 2)
        sockets = [socket.socket(fileno=file) for file in files]
        if not message:
            return False
        if len(sockets) == 2:
            talk, verdicts = sockets
            with talk:
                pid = os.fork()
                if pid == 0:
                    _be_child(talk, os.getppid())
            self.children[pid] = _Child(verdicts, time.monotonic() + WALL_SECONDS)
        return True

    def _reap(self) -> None:
        now = time.monotonic()
        for pid, child in list(self.children.items()):
            if now >= child.deadline and not child.is_slow:
                child.is_slow = True
                os.kill(pid, signal.SIGKILL)
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self.children[pid]
                # The parent may have given up on this photo.
                with child.verdicts, contextlib.suppress(BrokenPipeError):
                    child.verdicts.sendall(_verdict(child, status).encode())


def _verdict(child: _Child, status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return "ok"
    if child.is_slow or code in (-signal.SIGXCPU, -signal.SIGALRM):
        return "slow"
    # A SIGKILL that is not ours is the kernel's, short of memory.
    return "memory" if code in (_MEMORY_EXIT, -signal.SIGKILL) else "broken"


def _be_child(talk: socket.socket, helper: int) -> NoReturn:
    """Decode the one photo that comes over talk, with nothing else in reach, and end."""
    code = 1
    try:
        talk = _keep_only(talk)
        _limit(helper)
        (length,) = PREFIX.unpack(read_exactly(talk, PREFIX.size))
        order = Order(**json.loads(read_exactly(talk, length)))
        data = read_exactly(talk, order.size)
        try:
            answer = _answer(data, order)
        except RefusalError as refusal:
            answer = _framed({"refused": refusal.code})
        talk.sendall(answer)
        code = 0
    except MemoryError:
        code = _MEMORY_EXIT
    finally:
        # Also after any other exception: a forked child must not go on as the helper.
        os._exit(code)


def _answer(data: bytes, order: Order) -> bytes:
    decoded = decode(data, order)
    header = {
        "width": decoded.width,
        "height": decoded.height,
        "phash": decoded.phash,
        "jpeg_size": len(decoded.jpeg),
    }
    return _framed(header) + decoded.jpeg + decoded.thumbnail


def _framed(header: Mapping[str, object]) -> bytes:
    text = json.dumps(header).encode()
    return PREFIX.pack(len(text)) + text


def _keep_only(talk: socket.socket) -> socket.socket:
    """Close every file but talk: other visitors' photos come over the helper's sockets."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.dup2(talk.fileno(), 3)
    os.closerange(4, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    talk.detach()
    return socket.socket(fileno=3)


def _limit(helper: int) -> None:
    """Bound this process's memory, time and reach; it cannot open, write or outlive anything."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        base = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        # Not on macOS, whose kernel does not know this limit.
        _lower(resource.RLIMIT_AS, base + MEMORY_BYTES)
    if os.getppid() != helper:
        os._exit(1)
    # Ends the child in time where even the helper is gone.
    signal.setitimer(signal.ITIMER_REAL, WALL_SECONDS + 1)
    # The soft limit ends the child with its own signal; the hard one is a plain SIGKILL.
    _lower(resource.RLIMIT_CPU, CPU_SECONDS, CPU_SECONDS + 1)
    for nothing in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NOFILE):
        _lower(nothing, 0)
    gc.disable()


def _lower(limit: int, soft: int, hard: int | None = None) -> None:
    highest = resource.getrlimit(limit)[1]
    wanted = [soft, soft if hard is None else hard]
    if highest != resource.RLIM_INFINITY:
        wanted = [min(value, highest) for value in wanted]
    resource.setrlimit(limit, (wanted[0], wanted[1]))


def main() -> int:
    try:
        control = socket.socket(fileno=os.dup(0))
    except OSError:
        print("catalog.decoder is started by catalog.photos, not by hand.", file=sys.stderr)
        return 2
    _lower(resource.RLIMIT_NOFILE, 256)
    prepare()
    gc.collect()
    gc.freeze()
    _Server(control).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Child processes that die with their parent, and locks that die with their holder."""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

POLL = 0.05
PR_SET_PDEATHSIG = 1


class ServiceError(RuntimeError):
    """A service could not be started or reached; the message is for people."""


class Account(NamedTuple):
    """An operating system account to run a process as."""

    name: str
    uid: int
    gid: int


def spawn(
    command: Sequence[str | os.PathLike[str]],
    *,
    output: int,
    environment: Mapping[str, str],
    death_signal: signal.Signals,
    account: Account | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a child in its own session that gets ``death_signal`` when this process dies.

    The signal comes from Linux alone and follows the *thread* that called, so call from one that
    lives as long as the process. ``output`` is the file descriptor for stdout and stderr. With
    ``account`` the child gives up this process's user and groups first. Raises OSError where the
    program or the account cannot be used.
    """
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        cwd="/",
        env=dict(environment),
        pass_fds=tuple(pass_fds),
        start_new_session=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        preexec_fn=_death_signal_setter(death_signal),
    )


def _death_signal_setter(death_signal: signal.Signals) -> Callable[[], None] | None:
    """Return what the child runs between fork and exec, after its change of user.

    A change of user clears the setting (prctl(2), PR_SET_PDEATHSIG), hence the order; a parent
    that died before the call is seen by the changed parent id.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()
    number = int(death_signal)

    def set_death_signal() -> None:
        prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(126)

    return set_death_signal


def terminate(process: subprocess.Popen[bytes], *steps: tuple[signal.Signals, float]) -> int:
    """Send each signal and wait its seconds until the process ends, at last SIGKILL.

    Returns the exit status, negative for a signal. Harmless on a process that has ended.
    """
    for number, seconds in steps:
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(seconds)
    process.kill()
    return process.wait()


def lock(path: Path, *, shared: bool = False, timeout: float = 0.0) -> int:
    """Take a flock on ``path`` within ``timeout`` seconds and return its file descriptor.

    The file is made where it is missing. The descriptor does not pass to executed programs; forks
    share the lock. Closing every copy releases it, and so does the kernel however the holders end.
    Raises TimeoutError when others hold it, OSError where the file cannot be opened.
    """
    mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    deadline = time.monotonic() + timeout
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            if time.monotonic() >= deadline:
                raise TimeoutError(f"{path} is locked by another process") from None
            time.sleep(POLL)
            continue
        except BaseException:
            os.close(descriptor)
            raise
        # Whoever held it may have removed the file meanwhile: then this lock guards nothing.
        if is_at(descriptor, path):
            return descriptor
        os.close(descriptor)


def is_at(descriptor: int, path: Path) -> bool:
    """Tell whether the open file is still the one found at ``path``."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except OSError:
        return False


def program_of(pid: int) -> str:
    """Return the program name of a process, empty where there is no such process."""
    if sys.platform != "linux":
        return _program_by_ps(pid)
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _program_by_ps(pid: int) -> str:
    command = ["ps", "-o", "comm=", "-p", str(pid)]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    return Path(listed.stdout.strip()).name


def holders(path: Path, programs: Sequence[str]) -> list[int]:
    """Return the ids of processes of these programs (name beginnings) that have ``path`` open."""
    if sys.platform != "linux":
        return _holders_by_lsof(path, programs)
    try:
        wanted = path.stat()
    except FileNotFoundError:
        return []
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            # A process may end, or belong to somebody else, while it is looked at.
            with suppress(OSError):
                named = program_of(int(process.name)).startswith(tuple(programs))
                if named and any(_is_same(fd, wanted) for fd in (process / "fd").iterdir()):
                    found.append(int(process.name))
    return found


def _is_same(path: Path, wanted: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.stat(), wanted)
    except OSError:
        return False


def _holders_by_lsof(path: Path, programs: Sequence[str]) -> list[int]:
    names = [argument for program in programs for argument in ("-c", program)]
    command = ["lsof", "-t", "-a", *names, "--", str(path)]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]


def kill_all(pids: Sequence[int], number: signal.Signals) -> None:
    """Send a signal to each process that is still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def tail(path: Path, *, start: int = 0, lines: int = 8) -> str:
    """Return the last lines of a log from byte ``start`` on, indented, for an error message."""
    try:
        with path.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(start, size - 8_192))
            written = log.read().decode("utf-8", "replace").splitlines()[-lines:]
    except OSError as error:
        return f"    ({path} cannot be read: {error.strerror})"
    return "\n".join(f"    {line}" for line in written) or "    (empty)"

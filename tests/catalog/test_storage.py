"""Media files appear whole or not at all, and the same content is stored once."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

from catalog.storage import AtomicFileStorage, store_anew, store_once


@pytest.fixture
def storage(tmp_path: Path) -> AtomicFileStorage:
    return AtomicFileStorage(location=tmp_path / "files")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


class FullDisk(ContentFile[bytes]):
    """Content of which the first block can be written and the second not."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield b"the first block"
        raise OSError(28, "No space left on device")


def test_it_works(storage: AtomicFileStorage, tmp_path: Path) -> None:
    name = storage.save("pictures/ab/abc.jpg", ContentFile(b"all of it"))
    assert name == "pictures/ab/abc.jpg"
    assert (tmp_path / "files" / name).read_bytes() == b"all of it"
    assert files(tmp_path / "files") == ["pictures/ab/abc.jpg"]


def test_media_are_stored_this_way(media: Path) -> None:
    """Without this the class would stand and nothing would use it."""
    with pytest.raises(OSError, match="No space left"):
        default_storage.save("photos/one.jpg", FullDisk(b""))
    assert files(media) == []


def test_an_error_while_writing_leaves_no_file(storage: AtomicFileStorage, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        storage.save("one.jpg", FullDisk(b""))
    assert files(tmp_path / "files") == []
    assert not storage.exists("one.jpg")


def test_after_an_error_the_name_is_free(storage: AtomicFileStorage, tmp_path: Path) -> None:
    with pytest.raises(OSError):
        storage.save("one.jpg", FullDisk(b""))
    assert storage.save("one.jpg", ContentFile(b"better")) == "one.jpg"
    assert (tmp_path / "files" / "one.jpg").read_bytes() == b"better"


def test_a_file_in_the_making_is_not_seen(storage: AtomicFileStorage, tmp_path: Path) -> None:
    seen: list[bool] = []

    class Watched(ContentFile[bytes]):
        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
            for block in (b"first", b"second"):
                seen.append(storage.exists("one.jpg"))
                yield block

    storage.save("one.jpg", Watched(b""))
    assert seen == [False, False]
    assert (tmp_path / "files" / "one.jpg").read_bytes() == b"firstsecond"


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    storage = AtomicFileStorage(location=tmp_path, file_permissions_mode=0o600)
    storage.save("one.jpg", ContentFile(b"private"))
    assert (tmp_path / "one.jpg").stat().st_mode & 0o777 == 0o600


def test_a_large_file_is_whole(storage: AtomicFileStorage, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(range(256)) * 4096)
    with source.open("rb") as file:
        storage.save("large.bin", File(file))
    assert (tmp_path / "files" / "large.bin").read_bytes() == source.read_bytes()


def test_the_same_content_is_stored_once(media: Path) -> None:
    name = f"pictures/{hashlib.sha256(b'same').hexdigest()}.jpg"
    assert store_once(name, b"same") == name
    first = (media / name).stat()
    assert store_once(name, b"same") == name
    again = (media / name).stat()
    assert files(media) == [name]
    assert (again.st_ino, again.st_mtime_ns) == (first.st_ino, first.st_mtime_ns)


def test_what_is_stored_anew_takes_the_place_of_what_was_there(media: Path) -> None:
    name = "pictures/one.jpg"
    for data in (b"broken", b"whole"):
        assert store_anew(name, data) == name
    assert files(media) == [name]
    assert (media / name).read_bytes() == b"whole"


def test_at_the_same_time_it_is_stored_once_too(media: Path) -> None:
    start = Barrier(8)

    def store(number: int) -> str:
        start.wait()
        return store_once("pictures/same.jpg", b"same" * 50_000)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(store, range(8))) == {"pictures/same.jpg"}
    assert files(media) == ["pictures/same.jpg"]
    assert (media / "pictures/same.jpg").read_bytes() == b"same" * 50_000

"""Which files of a folder are pictures."""

from pathlib import Path

from ml.networks.files import picture_files


def test_it_works(tmp_path: Path) -> None:
    names = ["b/2.JPG", "b/1.jpeg", "a.png", "a.csv", "a.jpg.part", "b/3.webp"]
    (tmp_path / "b").mkdir()
    for name in names:
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in picture_files(tmp_path)]
    assert found == ["a.png", "b/1.jpeg", "b/2.JPG"]

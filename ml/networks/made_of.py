"""What something kept was made of, written beside it: of something else it is not gone on with."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import keras
import PIL


def code_of(modules: Iterable[str]) -> str:
    """Return a sha256 over the code of these files of this folder, and what libraries it uses."""
    versions = f"{keras.__version__} {cv2.__version__} {PIL.__version__}"
    digest = hashlib.sha256(versions.encode())
    for module in modules:
        digest.update(Path(__file__).with_name(module).read_bytes())
    return digest.hexdigest()


def unlike(file: Path, made_of: Mapping[str, str]) -> list[str]:
    """Return what is not as ``file`` says that it was; everything where there is no such file."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = {}
    return [name for name, what in made_of.items() if kept.get(name) != what]


def keep(file: Path, made_of: Mapping[str, str]) -> None:
    """Write it whole or not at all."""
    aside = file.with_suffix(".aside")
    aside.write_text(json.dumps(made_of, indent=1), encoding="utf-8")
    aside.replace(file)

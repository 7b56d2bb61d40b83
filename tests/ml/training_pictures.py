"""Folders of drawn pictures, and labels beside them, as the distillation reads them."""

from pathlib import Path

import numpy as np
from PIL import Image

from tests.factories import draw


def save_pictures(folder: Path, count: int) -> list[Path]:
    folder.mkdir(parents=True)
    files = [folder / f"{number:03}.jpg" for number in range(count)]
    for number, file in enumerate(files):
        Image.fromarray(np.asarray(draw(number))).save(file, quality=90)
    return files


def write_labels(file: Path, labels: dict[str, str]) -> Path:
    lines = [f"{image},{label}" for image, label in labels.items()]
    file.write_text("\n".join(["image,label", *lines]) + "\n")
    return file

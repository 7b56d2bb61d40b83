"""The demo's art: which prints there are, and how each is painted."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from types import ModuleType
from typing import Final

import numpy as np

from catalog.demo.art import abstract, animal, botanical, city, landscape, water
from catalog.demo.art.canvas import Canvas
from catalog.demo.art.framing import FRAMES, art_size, framed
from catalog.demo.art.palettes import PALETTES, Palette
from catalog.demo.art.style import Style
from catalog.demo.product import DemoProduct, slug
from catalog.demo.texture import Pixels

PRINTS_PER_LABEL: Final = 50
LONG_SIDE_PX: Final = 480

_PAINTERS: Final[dict[str, ModuleType]] = {
    "abstract": abstract,
    "animal": animal,
    "botanical": botanical,
    "city": city,
    "landscape": landscape,
    "water": water,
}
_TALL: Final = ((30, 40), (50, 70), (40, 50), (21, 30), (40, 60), (60, 80), (30, 45))
_SQUARE: Final = ((40, 40), (30, 30), (50, 50), (60, 60))
# How many companion prints follow one another under one title.
_SERIES: Final = (2, 1, 3, 1, 1, 2, 1)


@dataclass(frozen=True)
class Print:
    """A print to paint: frame is empty for one shown to its edges."""

    product: DemoProduct
    style: Style
    palette: Palette
    frame: str
    seed: tuple[int, ...]


def plan_prints() -> list[Print]:
    """Return the 300 prints, 50 for each of the six labels in alphabetical order."""
    return [
        piece
        for number, (label, module) in enumerate(_PAINTERS.items())
        for piece in _plan_label(label, number, module.STYLES)
    ]


def _plan_label(label: str, number: int, styles: tuple[Style, ...]) -> Iterator[Print]:
    made, series = 0, 0
    while made < PRINTS_PER_LABEL:
        kind, turn = series % len(styles), series // len(styles)
        style = styles[kind]
        count = min(_SERIES[(series + number) % len(_SERIES)], PRINTS_PER_LABEL - made)
        palette = PALETTES[style.palettes[turn % len(style.palettes)]]
        rng = np.random.default_rng([41, number, series])
        size = _format(style.shapes[turn % len(style.shapes)], rng)
        frame = str(rng.choice(list(FRAMES), p=[0.4, 0.25, 0.25, 0.1])) if series % 2 else ""
        for companion in range(count):
            title = style.titles[turn % len(style.titles)]
            if count > 1:
                title = f"{title} no. {companion + 1}"
            elif turn % 2 == 0:
                title = f"{title} in {palette.name}"
            external_id = f"art-{label}-{made + 1:03d}"
            product = DemoProduct(
                external_id=external_id,
                title=title,
                url=f"https://demo.pendant.example/art/{slug(title)}",
                price=_price(size, style, bool(frame)),
                currency="USD",
                brand=style.artist,
                label=label,
                department="art",
                width_cm=size[0],
                height_cm=size[1],
                availability="out" if rng.uniform() < 0.05 else "in",
                image=f"images/{external_id}.jpg",
            )
            yield Print(product, style, palette, frame, (43, number, series, companion))
            made += 1
        series += 1


def _format(shape: str, rng: np.random.Generator) -> tuple[int, int]:
    sizes = _SQUARE if shape == "square" else _TALL
    short, long = sizes[int(rng.integers(0, len(sizes)))]
    return (long, short) if shape == "wide" else (short, long)


def _price(size: tuple[int, int], style: Style, is_framed: bool) -> Decimal:
    fame = 0.85 + sum(map(ord, style.artist)) % 10 * 0.05
    dollars = (14 + size[0] * size[1] * 0.026) * fame * (1.18 if is_framed else 1.0)
    return Decimal(round(min(240.0, max(24.0, dollars)))).quantize(Decimal("0.01"))


def picture_size(width_cm: int, height_cm: int) -> tuple[int, int]:
    """Return a print's picture size in pixels, width and height, its longer side 480."""
    scale = LONG_SIDE_PX / max(width_cm, height_cm)
    return round(width_cm * scale), round(height_cm * scale)


def paint(style: Style, palette: Palette, width: int, height: int, seed: tuple[int, ...]) -> Pixels:
    """Return the art alone, (height, width, 3) uint8 RGB, the same for the same seed."""
    rng = np.random.default_rng(seed)
    canvas = Canvas(width, height, palette.paper)
    style.paint(canvas, palette, rng)
    return canvas.finish(rng)


def draw_print(piece: Print) -> Pixels:
    """Return a print's product picture, (rows, columns, 3) uint8 RGB."""
    product = piece.product
    if product.width_cm is None or product.height_cm is None:
        raise ValueError(f"{product.external_id} has no size")
    width, height = picture_size(product.width_cm, product.height_cm)
    if not piece.frame:
        return paint(piece.style, piece.palette, width, height, piece.seed)
    art = paint(piece.style, piece.palette, *art_size(width, height), piece.seed)
    return framed(art, width, height, piece.frame, np.random.default_rng(piece.seed))

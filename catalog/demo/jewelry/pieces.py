"""The demo's jewelry: which pieces there are, and how each is drawn."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from types import ModuleType
from typing import Final

import numpy as np

from catalog.demo.jewelry import bracelets, earrings, necklaces, rings
from catalog.demo.jewelry.design import Design
from catalog.demo.jewelry.materials import METALS, PEARLS, STONES, Metal, Stone
from catalog.demo.jewelry.stage import Stage
from catalog.demo.product import DemoProduct, slug
from catalog.demo.texture import Pixels

PIECES_PER_LABEL: Final = 50

_MAKERS: Final[dict[str, ModuleType]] = {
    "bracelets": bracelets,
    "earrings": earrings,
    "necklaces": necklaces,
    "rings": rings,
}
_METAL_ORDER: Final = ("Gold", "Silver", "Gold", "Rose Gold", "Silver", "Gold", "Black Rhodium")
_HOUSES: Final = (
    "Atelier Vey",
    "Marlowe & Finch",
    "Odette Lisle",
    "Kestrel Goldsmiths",
    "Sol & Tide",
    "Nori Hale",
    "Casa Brisa",
)
_NAMES: Final = (
    "Alma", "Isolde", "Wren", "Talia", "Mirelle", "Juno", "Soraya", "Liv", "Ottilie", "Fleur",
    "Ines", "Maren", "Delphine", "Cleo", "Noor", "Saskia", "Elara", "Romy", "Vesper", "Anouk",
    "Thea", "Luz", "Freya", "Odile", "Imogen", "Petra", "Zora", "Linnea", "Margot", "Aria",
    "Celeste", "Briar", "Dahlia", "Esme", "Gaia", "Hana", "Iris", "Kaia", "Lotte", "Mina",
    "Nella", "Orla", "Pia", "Quill", "Rhea", "Selene", "Tess", "Una", "Violet", "Yara",
)  # fmt: skip
_GROUNDS: Final = ((251, 250, 248), (249, 249, 250), (252, 251, 250), (250, 247, 243))


@dataclass(frozen=True)
class Piece:
    """A piece of jewelry to draw."""

    product: DemoProduct
    design: Design
    metal: Metal
    stone: Stone
    seed: tuple[int, ...]


def plan_pieces() -> list[Piece]:
    """Return the 200 pieces, 50 for each of the four labels in alphabetical order."""
    return [
        piece
        for number, (label, module) in enumerate(_MAKERS.items())
        for piece in _plan_label(label, number, module.DESIGNS)
    ]


def _plan_label(label: str, number: int, designs: tuple[Design, ...]) -> Iterator[Piece]:
    for made in range(PIECES_PER_LABEL):
        rng = np.random.default_rng([47, number, made])
        design = designs[made % len(designs)]
        turn = made // len(designs)
        metal = METALS[_METAL_ORDER[(made + turn * 2) % len(_METAL_ORDER)]]
        stone = STONES["Diamond"]
        if design.stones:
            chosen = design.stones[(turn * 3 + made) % len(design.stones)]
            stone = (STONES | PEARLS)[chosen]
        kind = design.name.format(stone=stone.name)
        title = f"{_NAMES[(made * 7 + number * 13) % len(_NAMES)]} {kind}, {metal.name}"
        external_id = f"jewelry-{label}-{made + 1:03d}"
        cost = design.base * metal.cost**0.8 * (stone.cost**0.7 if design.stones else 1.0)
        dollars = round(min(900.0, max(18.0, cost * rng.uniform(0.6, 1.15))))
        product = DemoProduct(
            external_id=external_id,
            title=title,
            url=f"https://demo.pendant.example/jewelry/{slug(title)}",
            price=Decimal(dollars).quantize(Decimal("0.01")),
            currency="USD",
            brand=_HOUSES[int(rng.integers(0, len(_HOUSES)))],
            label=label,
            department="jewelry",
            width_cm=None,
            height_cm=None,
            availability="out" if rng.uniform() < 0.05 else "in",
            image=f"images/{external_id}.jpg",
        )
        yield Piece(product, design, metal, stone, (53, number, made))


def draw_piece(piece: Piece) -> Pixels:
    """Return a piece's product picture, (400, 400, 3) uint8 RGB."""
    rng = np.random.default_rng(piece.seed)
    stage = Stage(piece.design.zoom)
    piece.design.make(stage, piece.metal, piece.stone, rng)
    return stage.finish(rng, _GROUNDS[int(rng.integers(0, len(_GROUNDS)))])

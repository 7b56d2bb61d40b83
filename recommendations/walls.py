"""Walls: cut prints out of pictures, plan the arrangements, store them, draw them."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils.formats import number_format
from PIL import Image

from catalog import storage
from catalog.models import Picture, Product
from catalog.storage import store_once
from ml.embedding import leave_out
from recommendations.drawing import HungPicture, wall_colour, wall_svg
from recommendations.layout import (
    MAX_MATCHES,
    Layout,
    Piece,
    arrange_all,
    frame_outer_size,
    print_size,
)
from recommendations.models import Match, Placement, Submission, Wall
from recommendations.search import Found

if TYPE_CHECKING:
    from numpy.typing import NDArray

PRINT_SIDE = 480
ANCHOR = "anchor"


@dataclass(frozen=True, slots=True)
class Print:
    """A print without its frame and mat: where its JPEG lies, its size in px, its mean colour."""

    name: str
    width: int
    height: int
    mean: tuple[int, int, int]

    @property
    def aspect(self) -> float:
        return self.width / self.height


@dataclass(frozen=True, slots=True)
class Plan:
    """The arrangements of one submission and the colour of the wall they hang on."""

    layouts: tuple[Layout, ...]
    colour: str


def print_name(sha256: str) -> str:
    """Return where the print cut out of a catalogue picture lies in media storage."""
    return f"prints/{sha256[:2]}/{sha256}.jpg"


def print_of(picture: Picture) -> Print:
    """Return the print in a catalogue picture, cut out once and kept.

    A picture that is gone or broken is marked, so that no further search finds it, and raises
    OSError.
    """
    name = print_name(picture.sha256)
    try:
        return _kept(name, default_storage.get_modified_time(name))
    except FileNotFoundError:
        pass
    except OSError:
        # Broken on disk: cut it out anew.
        default_storage.delete(name)
    data, image = _cut(_read(picture))
    store_once(name, data)
    return _measured(name, image)


@lru_cache(maxsize=100_000)
def _kept(name: str, modified: datetime) -> Print:
    """Return the print that lies there since then; raises OSError where it cannot be read."""
    with default_storage.open(name) as file:
        return _measured(name, Image.open(file).convert("RGB"))


def _read(picture: Picture) -> "NDArray[np.uint8]":
    from ml.networks.pixels import BrokenPictureError, decode_rgb

    try:
        return decode_rgb(picture.read())
    except (FileNotFoundError, BrokenPictureError):
        leave_out(picture)
        raise


def visitor_print(name: str, cropped: "NDArray[np.uint8]") -> Print:
    """Keep the print cut out of a photo (uint8, height x width x 3) as ``name``."""
    data, image = _fitted(cropped)
    store_once(name, data)
    return _measured(name, image)


def prints_of(found: Sequence[Found]) -> list[tuple[Product, Print]]:
    """Return the products that hang on a wall, each with its print.

    Marks all that are gone or broken as ``print_of`` does, then raises OSError.
    """
    prints, broken = [], None
    for one in found[:MAX_MATCHES]:
        try:
            prints.append((one.product, print_of(one.picture)))
        except OSError as error:
            broken = error
    if broken is not None:
        raise broken
    return prints


def _cut(rgb: "NDArray[np.uint8]") -> tuple[bytes, Image.Image]:
    # Loads OpenCV, which the web process does not need.
    from ml.networks.pixels import crop_frame

    return _fitted(crop_frame(rgb))


def _fitted(rgb: "NDArray[np.uint8]") -> tuple[bytes, Image.Image]:
    """Return a print of at most PRINT_SIDE px as a JPEG and as an image."""
    import cv2

    factor = max(rgb.shape[:2]) / PRINT_SIDE
    if factor > 1:
        width, height = (max(1, round(side / factor)) for side in rgb.shape[1::-1])
        # By a whole number first, which OpenCV does four times as fast as by any other.
        whole = int(factor)
        down, across = (side // whole for side in rgb.shape[:2])
        even = rgb[: down * whole, : across * whole]
        smaller = cv2.resize(even, (across, down), interpolation=cv2.INTER_AREA)
        rgb = np.asarray(cv2.resize(smaller, (width, height)), np.uint8)
    image = Image.fromarray(rgb)
    data = BytesIO()
    image.save(data, "JPEG", quality=88)
    return data.getvalue(), image


def _measured(name: str, image: Image.Image) -> Print:
    mean = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert isinstance(mean, tuple), "an RGB picture"
    return Print(name, image.width, image.height, (int(mean[0]), int(mean[1]), int(mean[2])))


def plan(anchor: Print, matches: Sequence[tuple[Product, Print]]) -> Plan:
    """Arrange up to eight matches around the visitor's piece in every way we know.

    Pieces are as large as their product says, else as their picture's shape suggests.
    """
    pieces = []
    for rank, (product, cut) in enumerate(matches, start=1):
        size = print_size(
            float(product.width_cm) if product.width_cm else None,
            float(product.height_cm) if product.height_cm else None,
            cut.aspect,
        )
        pieces.append(Piece(rank, *frame_outer_size(*size)))
    own = Piece(ANCHOR, *frame_outer_size(*print_size(None, None, anchor.aspect)))
    return Plan(
        layouts=arrange_all(own, pieces),
        colour=wall_colour([anchor.mean, *(cut.mean for _, cut in matches)]),
    )


def store(submission: Submission, matches: Sequence[Match], plan: Plan) -> None:
    """Write a plan as walls and placements; the caller holds the transaction."""
    by_rank = {match.rank: match for match in matches}
    stored = Wall.objects.bulk_create(
        Wall(
            submission=submission,
            arrangement=layout.arrangement,
            width_cm=layout.width_cm,
            height_cm=layout.height_cm,
            colour=plan.colour,
        )
        for layout in plan.layouts
    )
    Placement.objects.bulk_create(
        Placement(
            wall=wall,
            match=by_rank[int(hanging.piece.key)] if hanging.piece.key != ANCHOR else None,
            x_cm=hanging.x_cm,
            y_cm=hanging.y_cm,
            width_cm=hanging.piece.width_cm,
            height_cm=hanging.piece.height_cm,
        )
        for wall, layout in zip(stored, plan.layouts, strict=True)
        for hanging in layout.hangings
    )


def render(wall: Wall, matches: Iterable[Match], *, self_contained: bool) -> str:
    """Draw a stored wall; self-contained with all pictures inside, else with links to them.

    ``matches`` are the submission's, as ``shown`` loads them.
    """
    known = {match.pk: match for match in matches}
    pictures = []
    for placement in wall.placements.all():
        match = known[placement.match_id] if placement.match_id is not None else None
        if match is None:
            token = wall.submission.token
            href = reverse("photo", args=[token, "print"])
            name = wall.submission.print_name
        else:
            href = reverse("print_picture", args=[match.picture.sha256])
            name = print_name(match.picture.sha256)
        pictures.append(
            _hung(
                (placement.x_cm, placement.y_cm, placement.width_cm, placement.height_cm),
                data_uri(name) if self_contained else href,
                match.product if match else None,
            )
        )
    return _drawn(
        wall.width_cm,
        wall.height_cm,
        pictures,
        wall.colour,
        wall.arrangement,
        in_page=not self_contained,
    )


def draw_found(cropped: "NDArray[np.uint8]", products: Sequence[tuple[Product, Print]]) -> str:
    """Draw the first arrangement around a print (uint8, height x width x 3) without storing it."""
    data, image = _fitted(cropped)
    drawn = plan(_measured("", image), products)
    layout = drawn.layouts[0]
    pictures = []
    for hanging in layout.hangings:
        place = (hanging.x_cm, hanging.y_cm, hanging.piece.width_cm, hanging.piece.height_cm)
        if hanging.piece.key == ANCHOR:
            pictures.append(_hung(place, as_data_uri(data), None))
        else:
            product, cut = products[int(hanging.piece.key) - 1]
            pictures.append(_hung(place, data_uri(cut.name), product))
    return _drawn(
        layout.width_cm,
        layout.height_cm,
        pictures,
        drawn.colour,
        layout.arrangement,
        in_page=False,
    )


def _hung(
    place: tuple[float, float, float, float], href: str, product: Product | None
) -> HungPicture:
    if product is None:
        return HungPicture(*place, image_href=href, title="Your piece", is_anchor=True)
    return HungPicture(
        *place,
        image_href=href,
        title=product.title,
        caption=price_text(product),
        link=product.url or None,
    )


def _drawn(
    width_cm: float,
    height_cm: float,
    pictures: Sequence[HungPicture],
    colour: str,
    arrangement: str,
    *,
    in_page: bool,
) -> str:
    return wall_svg(
        width_cm,
        height_cm,
        pictures,
        wall_colour=colour,
        title=f"Gallery wall, {arrangement}",
        embedded=in_page,
        id_prefix=f"wall-{arrangement}",
    )


SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


def price_text(product: Product) -> str:
    """Write a product's price as shoppers read it: "$42", "€19.50", "CHF 120"; "" where unknown."""
    if product.price is None:
        return ""
    amount = number_format(product.price, decimal_pos=2, force_grouping=True).removesuffix(".00")
    symbol = SYMBOLS.get(product.currency)
    return f"{symbol}{amount}" if symbol else f"{product.currency} {amount}"


def data_uri(name: str) -> str:
    """Return a stored JPEG as a data: URI."""
    return as_data_uri(storage.read(name))


def as_data_uri(jpeg: bytes) -> str:
    """Return a JPEG as a data: URI."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


def download_url(submission: Submission, wall: Wall) -> str:
    """Return where a wall can be had as a file."""
    return reverse("wall", args=[submission.token, wall.arrangement])

import base64
import colorsys
import io
import itertools
import math
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from recommendations.drawing import FLOOR_CM, HungPicture, wall_colour, wall_svg
from recommendations.layout import MAX_MATCHES, Piece, Rect, arrange_all, borders

SVG = "{http://www.w3.org/2000/svg}"
Element = ElementTree.Element


def photo(colour: tuple[int, int, int] = (90, 120, 140)) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 10), colour).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def picture(**changes: Any) -> HungPicture:
    values: dict[str, Any] = {
        "x_cm": 100.0,
        "y_cm": 80.0,
        "width_cm": 54.0,
        "height_cm": 64.0,
        "image_href": photo(),
        "title": "Tides",
    }
    return HungPicture(**(values | changes))


def drawn(*pictures: HungPicture, **options: Any) -> Element:
    return ElementTree.fromstring(wall_svg(320, 260, pictures, **options))


def texts(root: Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def lab(colour: str) -> tuple[float, float, float]:
    rgb = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    lightness, a, b = cv2.cvtColor(np.array([[rgb]], np.float32), cv2.COLOR_RGB2LAB)[0, 0]
    return float(lightness), float(a), float(b)


def test_it_works() -> None:
    root = drawn(picture(caption="$42", is_anchor=False), wall_colour="#e4e0d8")
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox") == f"0 0 320 {260 + FLOOR_CM:g}"
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "Gallery wall"
    assert root.findtext(f"{SVG}desc") == "Tides, $42"
    assert texts(root) == ["$42"]


def test_every_arrangement_draws_each_piece_once_at_its_place() -> None:
    group = [Piece(key, 40 + 4 * key, 64 - 3 * key) for key in range(6)]
    for layout in arrange_all(group[0], group[1:]):
        pictures = [
            picture(
                x_cm=hanging.x_cm,
                y_cm=hanging.y_cm,
                width_cm=hanging.piece.width_cm,
                height_cm=hanging.piece.height_cm,
            )
            for hanging in layout.hangings
        ]
        root = ElementTree.fromstring(wall_svg(layout.width_cm, layout.height_cm, pictures))
        images = list(root.iter(f"{SVG}image"))
        assert len(images) == 6
        for image, hung in zip(images, pictures, strict=True):
            left, top, width, height = (
                float(image.get(name, "nan")) for name in ("x", "y", "width", "height")
            )
            frame, mat = borders(hung.width_cm, hung.height_cm)
            opening = hung.rect.expanded(-(frame + mat))
            assert (left, top) == pytest.approx((opening.left, opening.top), abs=0.01)
            assert (width, height) == pytest.approx((opening.width, opening.height), abs=0.01)
            assert image.get("preserveAspectRatio") == "xMidYMid slice"


def test_picture_photographed_in_its_frame_gets_no_second_one() -> None:
    bare = drawn(picture(already_framed=True), furnished=False)
    image = next(bare.iter(f"{SVG}image"))
    assert (image.get("width"), image.get("height")) == ("54", "64")
    assert not list(bare.iter(f"{SVG}polygon"))
    assert list(drawn(picture(), furnished=False).iter(f"{SVG}polygon"))


def test_visitors_piece_is_marked_and_carries_no_price() -> None:
    root = drawn(picture(is_anchor=True, caption="$1"), picture(x_cm=170.0, caption="$42"))
    assert texts(root) == ["yours", "$42"]
    assert texts(drawn(picture(is_anchor=True), anchor_tag="your print")) == ["your print"]


def test_long_caption_is_cut_to_its_frame() -> None:
    (caption,) = texts(drawn(picture(caption="about forty-two dollars and a half", width_cm=30.0)))
    assert caption.endswith("…")
    assert len(caption) * 0.5 * 3.5 < 30


@pytest.mark.parametrize("link", ["https://shop.example/a?b=1&c=2", "http://shop.example/"])
def test_link_to_a_shop_opens_apart_and_vouches_for_nothing(link: str) -> None:
    root = drawn(picture(link=link))
    (anchor,) = root.iter(f"{SVG}a")
    assert anchor.get("href") == link
    assert anchor.get("target") == "_blank"
    assert anchor.get("rel") == "noopener nofollow"
    # An image's children are hidden from screen readers; a wall with links is a group.
    assert root.get("role") == "group"


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "//shop.example/",
        "/admin/",
        "ftp://shop.example/",
        "https://",
        "https:///nowhere",
        "https://user:secret@shop.example/",
        "https://[broken/",
        'https://shop.example/"onload="x',
        "https://shop.example/a b",
        "",
        None,
    ],
)
def test_any_other_link_is_dropped(link: str | None) -> None:
    root = drawn(picture(link=link))
    assert not list(root.iter(f"{SVG}a"))
    assert len(list(root.iter(f"{SVG}image"))) == 1


@settings(max_examples=80, deadline=None)
@given(st.text(), st.text(), st.text())
def test_hostile_text_stays_text(title: str, caption: str, link: str) -> None:
    svg = wall_svg(
        320,
        260,
        [picture(title=title, caption=caption, link=link), picture(x_cm=170.0, is_anchor=True)],
        title=title,
        description=caption,
        anchor_tag=title,
    )
    root = ElementTree.fromstring(svg.encode("utf-8"))
    plain = drawn(picture(), picture(x_cm=170.0, is_anchor=True))
    assert {element.tag for element in root.iter()} <= {element.tag for element in plain.iter()} | {
        f"{SVG}text",
        f"{SVG}circle",
        f"{SVG}a",
    }
    assert len(list(root.iter(f"{SVG}image"))) == 2


def test_markup_in_a_title_is_shown_as_written() -> None:
    title = "</title><script>alert(\"1\")</script><img onerror=x> & 'so on'"
    root = drawn(picture(title=title))
    assert title in [element.text for element in root.iter(f"{SVG}title")]
    assert not list(root.iter(f"{SVG}script"))


def test_characters_that_xml_forbids_or_that_turn_text_around_are_dropped() -> None:
    root = drawn(picture(title="a\x00b\x1b\ud800c\ufffe\u202edef\x85g"), furnished=False)
    assert "abcdefg" in [element.text for element in root.iter(f"{SVG}title")]


def test_nothing_needs_a_script_or_an_inline_style() -> None:
    finishes = ("oak", "black", "white", "walnut")
    root = drawn(
        *(
            picture(x_cm=20.0 + 60 * index, link="https://shop.example/", frame=finish)
            for index, finish in enumerate(finishes)
        )
    )
    for element in root.iter():
        assert element.tag not in {f"{SVG}script", f"{SVG}style", f"{SVG}foreignObject"}
        assert not [name for name in element.attrib if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("count", [0, 1, 4, 9])
def test_every_reference_is_to_one_element_of_this_wall(count: int) -> None:
    pictures = [picture(x_cm=10.0 + 30 * index, width_cm=24.0) for index in range(count)]
    svg = wall_svg(320, 260, pictures, id_prefix="salon")
    ids = [element.get("id") for element in ElementTree.fromstring(svg).iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(name is not None and name.startswith("salon-") for name in ids)
    assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(ids)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(10, 90), st.floats(10, 90)), min_size=1, max_size=9))
def test_furniture_never_stands_behind_a_piece(sizes: list[tuple[float, float]]) -> None:
    group = [Piece(key, *size) for key, size in enumerate(sizes[: MAX_MATCHES + 1])]
    for layout in arrange_all(group[0], group[1:]):
        pictures = [
            picture(
                x_cm=h.x_cm, y_cm=h.y_cm, width_cm=h.piece.width_cm, height_cm=h.piece.height_cm
            )
            for h in layout.hangings
        ]
        furnished, bare = (
            ElementTree.fromstring(
                wall_svg(layout.width_cm, layout.height_cm, pictures, furnished=choice)
            )
            for choice in (True, False)
        )
        known = {ElementTree.tostring(element) for element in bare}
        added = [element for element in furnished if ElementTree.tostring(element) not in known]
        for box in (
            Rect(*(float(element.get(name, "nan")) for name in ("x", "y", "width", "height")))
            for element in added
            if element.tag == f"{SVG}rect"
        ):
            assert not any(box.expanded(5).overlaps(hung.rect) for hung in pictures)


def test_room_is_bare_when_asked_or_when_the_group_hangs_low() -> None:
    standing = len(list(drawn(picture()).iter()))
    assert len(list(drawn(picture(), furnished=False).iter())) < standing
    low = picture(x_cm=20.0, y_cm=20.0, width_cm=280.0, height_cm=220.0)
    assert len(list(drawn(low).iter())) == len(list(drawn(low, furnished=False).iter()))


def test_file_of_its_own_has_a_declaration_and_a_part_of_a_page_has_none() -> None:
    assert wall_svg(320, 260, [], embedded=False).startswith("<?xml")
    assert wall_svg(320, 260, []).startswith("<svg")


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:text/html;base64,PHN2Zy8+",
        "//elsewhere.example/a.png",
        "file:///etc/passwd",
        "",
        '/a.png" onload="x',
    ],
)
def test_image_must_be_a_picture(href: str) -> None:
    with pytest.raises(ValueError, match="image_href must be"):
        picture(image_href=href)


@pytest.mark.parametrize("href", ["/media/a.jpg", "https://shop.example/a.jpg?w=1&h=2"])
def test_image_may_be_an_address(href: str) -> None:
    (image,) = drawn(picture(image_href=href)).iter(f"{SVG}image")
    assert image.get("href") == href


@pytest.mark.parametrize(
    "changes",
    [
        {"width_cm": 0.0},
        {"height_cm": -4.0},
        {"x_cm": float("nan")},
        {"y_cm": float("inf")},
        {"frame": "gold"},
    ],
)
def test_impossible_picture_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=str(next(iter(changes.values())))):
        picture(**changes)


@pytest.mark.parametrize(
    ("size", "options"),
    [
        ((0, 260), {}),
        ((320, float("nan")), {}),
        ((320, 260), {"wall_colour": "beige"}),
        ((320, 260), {"wall_colour": '#fff"/><script/>'}),
        ((320, 260), {"id_prefix": 'a"b'}),
        ((320, 260), {"id_prefix": ""}),
    ],
)
def test_impossible_wall_is_refused(size: tuple[float, float], options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not"):
        wall_svg(*size, [], **options)


channel = st.integers(0, 255)


@settings(deadline=None)
@given(st.lists(st.tuples(channel, channel, channel), max_size=9))
def test_wall_colour_is_always_light_and_soft(colours: list[tuple[int, int, int]]) -> None:
    lightness, a, b = lab(wall_colour(colours))
    assert 84 <= lightness <= 94
    assert 2.5 <= (a * a + b * b) ** 0.5 <= 11


def test_wall_takes_up_muted_hues_and_answers_strong_ones() -> None:
    def turn(colour: tuple[int, int, int]) -> float:
        """Return the cosine of the angle between the hues of the pieces and of the wall."""
        _, a, b = lab("#{:02x}{:02x}{:02x}".format(*colour))
        _, wall_a, wall_b = lab(wall_colour([colour]))
        return (a * wall_a + b * wall_b) / (math.hypot(a, b) * math.hypot(wall_a, wall_b))

    for hue in np.linspace(0, 1, 8, endpoint=False):
        strong, muted = (
            tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue, saturation, 0.7))
            for saturation in (0.95, 0.12)
        )
        assert turn((strong[0], strong[1], strong[2])) < -0.9
        assert turn((muted[0], muted[1], muted[2])) > 0.8


def test_dark_pieces_hang_on_a_lighter_wall_than_pale_ones() -> None:
    assert lab(wall_colour([(40, 40, 45)]))[0] > lab(wall_colour([(235, 232, 228)]))[0] + 4


@pytest.mark.parametrize("bad", [(0, 0, 256), (-1, 0, 0), (float("nan"), 0, 0)])
def test_impossible_colour_is_refused(bad: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="0-255"):
        wall_colour([bad])


def test_finishes_look_different() -> None:
    walls = [wall_svg(320, 260, [picture(frame=f)]) for f in ("oak", "black", "white", "walnut")]
    assert all(one != two for one, two in itertools.combinations(walls, 2))

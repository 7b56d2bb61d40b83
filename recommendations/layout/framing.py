"""How large prints are, and the mats and frames that we draw around them, in centimetres."""

import math

_BORDER_SHARE, _BORDER_MIN_CM, _BORDER_MAX_CM = 0.115, 3.5, 9.0
_BORDER_OF_SHORT_SIDE = 0.32
_FRAME_OF_BORDER = 0.27

_PRINT_SIDES_CM = (8.0, 160.0)
_ASPECTS = (0.2, 5.0)


def print_size(
    width_cm: float | None,
    height_cm: float | None,
    aspect: float,
    *,
    default_long_side_cm: float = 50.0,
) -> tuple[float, float]:
    """Return a print's (width, height) in cm from the product's size, else from its picture.

    aspect is the picture's width / height (held within 1:5 and 5:1). With one side given the other
    follows from the aspect; with none the longer side is default_long_side_cm. Two sides given in
    the wrong order (portrait for a landscape picture, as shops write "30 x 40") are swapped. The
    result keeps its proportions and has sides within 8 and 160 cm.
    Raises ValueError for a number that is not finite and above 0.
    """
    numbers = {
        "width_cm": width_cm,
        "height_cm": height_cm,
        "aspect": aspect,
        "default_long_side_cm": default_long_side_cm,
    }
    for name, number in numbers.items():
        if number is not None and not (math.isfinite(number) and number > 0):
            raise ValueError(f"{name} must be a finite number above 0, not {number!r}")
    ratio = min(max(aspect, _ASPECTS[0]), _ASPECTS[1])
    if width_cm is not None and height_cm is not None:
        width, height = width_cm, height_cm
        if (width - height) * (ratio - 1) < 0 and abs(math.log(ratio)) > 0.05:
            width, height = height, width
    elif width_cm is not None:
        width, height = width_cm, width_cm / ratio
    elif height_cm is not None:
        width, height = height_cm * ratio, height_cm
    else:
        width = default_long_side_cm * min(1.0, ratio)
        height = width / ratio
    low, high = _PRINT_SIDES_CM
    scale = max(1.0, low / min(width, height))
    scale = min(scale, high / max(width, height))
    return max(low, width * scale), max(low, height * scale)


def frame_outer_size(width_cm: float, height_cm: float) -> tuple[float, float]:
    """Return the outer (width, height) in cm of a print with the mat and frame we draw around it.

    The border is 11.5 % of the outer long side within 3.5 and 9 cm, less on very slim prints.
    borders() is its inverse. Raises ValueError for a side that is not finite and above 0.
    """
    for side in (width_cm, height_cm):
        if not (math.isfinite(side) and side > 0):
            raise ValueError(f"a print's side must be a finite number above 0, not {side!r}")
    long, short = max(width_cm, height_cm), min(width_cm, height_cm)
    outer = long / (1 - 2 * _BORDER_SHARE)
    border = min(max(outer - long, 2 * _BORDER_MIN_CM), 2 * _BORDER_MAX_CM) / 2
    border = min(border, short * _BORDER_OF_SHORT_SIDE / (1 - 2 * _BORDER_OF_SHORT_SIDE))
    return width_cm + 2 * border, height_cm + 2 * border


def borders(outer_width_cm: float, outer_height_cm: float) -> tuple[float, float]:
    """Return the widths (frame, mat) in cm inside an outer size; the print is what they leave."""
    long, short = max(outer_width_cm, outer_height_cm), min(outer_width_cm, outer_height_cm)
    border = min(max(_BORDER_SHARE * long, _BORDER_MIN_CM), _BORDER_MAX_CM)
    border = min(border, _BORDER_OF_SHORT_SIDE * short)
    return border * _FRAME_OF_BORDER, border * (1 - _FRAME_OF_BORDER)

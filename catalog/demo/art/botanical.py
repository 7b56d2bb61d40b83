"""Botanical demo prints."""

from typing import Final

from catalog.demo.art.flowers import cacti, meadow, seedhead, vase
from catalog.demo.art.leaves import eucalyptus, fern, monstera, specimens
from catalog.demo.art.style import Style

STYLES: Final = (
    Style(
        fern,
        "Ida Fairweather",
        ("Sage", "Forest", "Indigo", "Charcoal", "Terracotta", "Ink"),
        ("Fern Study", "Understorey", "Bracken", "Pressed in March", "Polypody"),
        ("tall", "tall", "square"),
    ),
    Style(
        monstera,
        "Rafael Monteiro",
        ("Forest", "Sage", "Teal", "Rose", "Indigo"),
        ("Monstera", "Glasshouse", "Tropic of Study", "Split Leaf", "Palm House Notes"),
    ),
    Style(
        vase,
        "Elsie Marlow",
        ("Terracotta", "Rose", "Teal", "Ochre", "Coral", "Indigo"),
        (
            "Poppies on the Sill",
            "Table Flowers",
            "Jug with Stems",
            "From the Allotment",
            "Saturday Bunch",
        ),
        ("tall", "square", "tall"),
    ),
    Style(
        eucalyptus,
        "Noor Rahimi",
        ("Sage", "Slate", "Teal", "Forest", "Lavender"),
        (
            "Eucalyptus",
            "Silver Dollar Sprigs",
            "Paired Leaves",
            "Bathroom Garland",
            "Quiet Branches",
        ),
        ("tall", "wide", "tall"),
    ),
    Style(
        seedhead,
        "Vita Kovacs",
        ("Ochre", "Citrus", "Rose", "Terracotta", "Lavender"),
        ("Sunflower by Numbers", "Golden Angle", "August Head", "Seed Spiral", "Tall Yellow"),
    ),
    Style(
        meadow,
        "Bram Oakley",
        ("Sage", "Ochre", "Lavender", "Rose", "Slate", "Forest"),
        ("Verge in June", "Wild Stems", "Uncut Meadow", "Hedge Parsley", "Hay Week"),
        ("tall", "wide", "square"),
    ),
    Style(
        specimens,
        "Agnes Thorne",
        ("Forest", "Ochre", "Indigo", "Terracotta", "Teal"),
        ("Herbarium Sheet", "Twelve Leaves", "Collector's Table", "Autumn Inventory", "Leaf Index"),
        ("tall", "square", "wide"),
    ),
    Style(
        cacti,
        "Luz Paredes",
        ("Terracotta", "Coral", "Sage", "Citrus", "Blush"),
        ("Windowsill Cacti", "Dry Shelf", "Potted Company", "Succulent Afternoon", "Spines"),
        ("square", "tall", "wide"),
    ),
)

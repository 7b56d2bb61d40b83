"""City demo prints."""

from typing import Final

from catalog.demo.art.houses import facade, hilltown, rowhouses
from catalog.demo.art.skylines import bridge, foggy, skyline, streetmap
from catalog.demo.art.style import Style

STYLES: Final = (
    Style(
        skyline,
        "Marcus Bell",
        ("Midnight", "Indigo", "Lavender", "Teal", "Rose"),
        ("Night Shift", "Ten Thousand Windows", "After the Last Train", "Uptown, Late", "City Hum"),
        ("tall", "wide", "square"),
    ),
    Style(
        rowhouses,
        "Saskia de Wit",
        ("Terracotta", "Teal", "Coral", "Slate", "Ochre"),
        ("Canal Row", "Herengracht Morning", "Narrow Houses", "Six Front Doors", "Gables"),
        ("wide", "tall", "square"),
    ),
    Style(
        bridge,
        "Ruben Castell",
        ("Rose", "Coral", "Indigo", "Slate", "Teal"),
        ("Span", "Bridge at Dusk", "Crossing Home", "Long Way Over", "Steel and Evening"),
        ("wide", "tall", "wide"),
    ),
    Style(
        hilltown,
        "Chiara Fontana",
        ("Coral", "Indigo", "Terracotta", "Teal", "Citrus"),
        ("Hill Town", "White Steps", "Above the Marina", "Siesta Streets", "Cliff Houses"),
        ("tall", "square", "wide"),
    ),
    Style(
        foggy,
        "Wren Takahashi",
        ("Slate", "Charcoal", "Ochre", "Lavender", "Sage"),
        ("Fog District", "City in Layers", "Soft Skyline", "Before the Rush", "Grey Sunday"),
        ("tall", "wide", "square"),
    ),
    Style(
        streetmap,
        "Felix Arden",
        ("Indigo", "Sage", "Terracotta", "Slate", "Blush"),
        ("Town Plan", "River Quarter", "Old Streets, New Streets", "Ward Nine", "Map for Walking"),
        ("tall", "square", "tall"),
    ),
    Style(
        facade,
        "Paola Serra",
        ("Blush", "Ochre", "Sage", "Coral", "Lavender"),
        ("Shutters", "Via dei Gerani", "Neighbours", "Window Boxes", "Third Floor, Left"),
        ("tall", "square", "wide"),
    ),
)

"""Animal demo prints."""

from typing import Final

from catalog.demo.art.beasts import cats, foxes, hares, stags
from catalog.demo.art.birds import cranes, owls, songbirds
from catalog.demo.art.butterflies import moths
from catalog.demo.art.style import Style
from catalog.demo.art.swimmers import shoal, whales

STYLES: Final = (
    Style(
        songbirds,
        "Flora Penhale",
        ("Teal", "Terracotta", "Rose", "Sage", "Citrus"),
        ("Two on a Branch", "Dawn Chorus", "Robins", "Garden Company", "Small Talk"),
        ("tall", "square", "wide"),
    ),
    Style(
        cats,
        "Miro Janssen",
        ("Ochre", "Blush", "Teal", "Lavender", "Terracotta"),
        ("Waiting Cat", "Window Seat", "Supper Soon", "The Watcher", "Evening Sitters"),
        ("square", "tall", "wide"),
    ),
    Style(
        foxes,
        "Petra Voss",
        ("Terracotta", "Forest", "Ochre", "Slate", "Coral"),
        ("Fox in the Hedge", "Vixen", "Folded Fox", "Reynard"),
    ),
    Style(
        whales,
        "Kai Lindqvist",
        ("Indigo", "Teal", "Slate", "Ink", "Lavender"),
        ("Slow Giant", "Below the Swell", "Forty Fathoms", "Deep Song"),
        ("wide", "square", "tall"),
    ),
    Style(
        shoal,
        "Dalia Brandão",
        ("Teal", "Coral", "Indigo", "Citrus", "Slate"),
        ("Against the Stream", "Sardines", "Shoal", "Market Fish"),
        ("square", "tall", "wide"),
    ),
    Style(
        stags,
        "Lorne Macrae",
        ("Forest", "Slate", "Ochre", "Blush"),
        ("Stag and Moon", "Twelve Tines", "Glen", "Crown of Branches"),
        ("tall", "square", "tall"),
    ),
    Style(
        owls,
        "Yuki Arai",
        ("Midnight", "Indigo", "Teal", "Lavender"),
        ("Three Owls", "Night Parliament", "Wide Awake", "Tawny"),
        ("wide", "square", "tall"),
    ),
    Style(
        cranes,
        "Emi Hoshino",
        ("Slate", "Sage", "Rose", "Teal"),
        ("Cranes at Sunrise", "Reed Bed", "Standing Water", "Long Patience"),
        ("tall", "wide", "square"),
    ),
    Style(
        moths,
        "Hugo Lasalle",
        ("Rose", "Ochre", "Indigo", "Coral"),
        ("Lepidoptera", "Night Fliers", "Painted Ladies", "Wing Plate"),
        ("square", "tall", "wide"),
    ),
    Style(
        hares,
        "Orla Quinn",
        ("Indigo", "Lavender", "Teal", "Slate"),
        ("Hare and Moon", "Listening", "Field Edge", "March Evening"),
        ("tall", "square", "wide"),
    ),
)

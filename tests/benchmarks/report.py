"""Write docs/benchmarks.md and its plots from what ``bench`` measured.

``python -m tests.benchmarks.report`` reads what ``bench … --json`` printed: docs/benchmarks/*.json.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.markdown import Result, about, table
from tests.benchmarks.plots import plot
from tests.benchmarks.search_tables import tables

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "benchmarks"
PAGE = FOLDER.parent / "benchmarks.md"


def load() -> list[Result]:
    """Return all that was measured."""
    return [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))]


def page(results: Sequence[Result]) -> str:
    """Return what was measured as tables in Markdown."""
    parts = tables(searches(results))
    for bench, shown in SHOWN.items():
        parts += [shown(one) for one in results if one["bench"] == bench]
    return "\n\n".join(parts) + "\n"


def searches(results: Sequence[Result]) -> list[Result]:
    """Return the searches among the results, the smallest catalogue first."""
    return sorted((one for one in results if one["bench"] == "search"), key=lambda one: one["size"])


def _walls(walls: Result) -> str:
    rows = []
    for row in walls["rows"]:
        load = (
            f"{row['rate']:g} photos a second"
            if row["load"] == "open"
            else f"{row['visitors']} visitors, {row['thinking_s']:g} s between photos"
        )
        used = row["cpu_ms_a_photo"]
        rows.append(
            [
                load,
                f"{row['done']}",
                f"{row['refused']} / {row['lost']} / {sum(row['errors'].values())}",
                f"{row['per_second']:.1f}",
                f"{row.get('p50_ms', 0):.0f} / {row.get('p95_ms', 0):.0f} / "
                f"{row.get('p99_ms', 0):.0f}",
                f"{row['post'].get('p50_ms', 0):.0f}",
                " / ".join(
                    f"{used.get(role, 0):.0f}" for role in ("web", "decoder", "worker", "machine")
                ),
            ]
        )
    photos = "small photos and one price"  # before phones' photos were posted
    if "photos" in walls:
        photos = (
            "{count} photos of {width} x {height} px, {megabytes} MB on average, prices mixed"
        ).format(**walls["photos"])
    memory = ", ".join(f"{role} {size} MiB" for role, size in walls["memory_mib"].items())
    heads = [
        "load",
        "walls",
        "refused / lost / errors",
        "a second",
        "POST to done, p50 / p95 / p99 ms",
    ]
    return "\n\n".join(
        [
            "## From photo to wall",
            about(walls) + " Real HTTP against the whole site on the demo's catalogue, "
            f"{walls['seconds_a_load']:g} s a load, {photos}; the visitors run on the same cores "
            "and look every 0.2 s for two seconds, then every second as the page does. Processor "
            "time in ms a photo: web, decoder, worker, and all there was, with database, broker "
            "and visitors.",
            table(
                [*heads, "POST, p50 ms", "web / decoder / worker / all"],
                rows,
            ),
            f"Resident memory after it: {memory}.",
        ]
    )


def _encodings(encoded: Result) -> str:
    rows = [
        [
            row["network"] + (" (random weights)" if row["weights"] == "random" else ""),
            row["precision"],
            f"{row['pictures_per_second']:.1f}",
            f"{row['one']['p50_ms']:.1f}",
            f"{row['cosine']:.5f} / {row['least_cosine']:.5f}",
            f"{row['same_neighbours']:.1%}",
        ]
        for row in encoded["rows"]
    ]
    heads = ["network", "precision", "pictures a second", "one picture, p50 ms"]
    of = "drawn prints" if encoded["drawn"] else "pictures"
    few = min(row["pictures"] for row in encoded["rows"])
    return "\n\n".join(
        [
            "## From JPEG to vector",
            about(encoded)
            + f" {encoded['pictures']} {of}, {few} for large networks, decoded and cropped in "
            f"threads beside the network ({encoded['decoded_per_second']:.0f} a second by "
            "itself), 32 at a time. Agreement is with the network's own first line, in one run.",
            table([*heads, "cosine, mean / least", "same 10 neighbours"], rows),
        ]
    )


def _room(room: Result) -> str:
    labelled = list(dict.fromkeys(row["labelled"] for row in room["rows"]))
    pages: dict[str, dict[int, Result]] = {}
    for row in room["rows"]:
        pages.setdefault(row["page"], {})[row["labelled"]] = row
    rows = [
        [
            name,
            f"{max(row['queries'] for row in found.values())}",
            *(f"{found[count]['p50_ms']:.0f} / {found[count]['p95_ms']:.0f}" for count in labelled),
        ]
        for name, found in pages.items()
    ]
    shown = room["key_to_picture"]
    return "\n\n".join(
        [
            "## The labelling room",
            about(room),
            f"**From a key to the next picture on screen: {shown['p50_ms']:.0f} ms** (p95 "
            f"{shown['p95_ms']:.0f} ms), of {room['keys']} keys in Chromium over loopback, half a "
            f"second apart, with {room['browsed']:,} pictures in the table. Taken in the page, "
            "from the key to the second frame after the picture was decoded.",
            f"Server time of each page with {room['size']:,} pictures, p50 / p95 in ms, by how "
            "many are labelled; a fifth of these twice.",
            table(["", "queries", *(f"{count:,} labelled" for count in labelled)], rows),
        ]
    )


def _crawl(crawl: Result) -> str:
    rows = [
        [
            row["name"],
            f"{row['side']} px, {row['kilobytes']:g} kB",
            f"{row['per_second']:.0f}",
            f"{row['seconds']:.0f}",
            f"{row['crawler_mib']:.0f} / {row['all_mib']:.0f}",
            f"{row['writes']:,}" if "writes" in row else "",
        ]
        for row in crawl["rows"]
    ]
    heads = ["", "pictures", "products a second", "seconds", "memory, MiB", "rows written"]
    return "\n\n".join(
        [
            "## A crawl",
            about(crawl) + f" A replica of a Shopify shop with {crawl['size']:,} products and a "
            "picture each, over HTTP on loopback, served by a third process on the same cores; "
            "from the start of the crawler's process to its end. Memory: the most that the "
            "crawler held, and with its children.",
            table(heads, rows),
        ]
    )


SHOWN = {"walls": _walls, "encode": _encodings, "room": _room, "crawl": _crawl}


def main() -> None:
    results = load()
    intro = (FOLDER / "intro.md").read_text().strip()
    PAGE.write_text(f"{intro}\n\n{page(results)}")
    if found := searches(results):
        plot(found, FOLDER)


if __name__ == "__main__":
    main()

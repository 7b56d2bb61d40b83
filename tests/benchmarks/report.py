"""Write docs/benchmarks.md and its plots from what ``bench`` measured.

``python -m tests.benchmarks.report`` reads what ``bench … --json`` printed: docs/benchmarks/*.json.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "benchmarks"
PAGE = FOLDER.parent / "benchmarks.md"
Result = dict[str, Any]
TITLES = {
    None: "Price only",
    "own": "Price, and the query's own label",
    "other": "Price, and another label than the query's",
}
# A figure of fewer queries than this says so.
ENOUGH = 20
HEATS = ("cold", "warm")


def load() -> tuple[list[Result], list[Result], list[Result]]:
    """Return the searches measured, by size, the walls, and the encodings."""
    found = [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))]
    searches = sorted(
        (one for one in found if one["bench"] == "search"), key=lambda one: int(one["size"])
    )
    walls, encodings = (
        [one for one in found if one["bench"] == name] for name in ("walls", "encode")
    )
    return searches, walls, encodings


def page(searches: list[Result], walls: list[Result], encodings: Sequence[Result] = ()) -> str:
    """Return what was measured as tables in Markdown."""
    parts = []
    peers = next((one for one in reversed(searches) if _names(one)[2:]), None)
    if peers:
        parts.append(_peers(peers))
    if searches:
        parts += [_sizes(searches), *(_ours(one) for one in searches)]
    parts += [_life(one) for one in searches if one["life"]][-1:]
    # What was measured before restarts were has none.
    if restarts := [one for one in searches if one.get("restart")]:
        parts.append(_restarts(restarts))
    parts += [_walls(one) for one in walls]
    parts += [_encodings(one) for one in encodings]
    return "\n\n".join(parts) + "\n"


def _names(search: Result) -> list[str]:
    return list(dict.fromkeys(row["name"] for row in search["rows"] if "missing" not in row))


def _rows(search: Result, name: str, label: str | None = None) -> list[Result]:
    return [row for row in search["rows"] if row["name"] == name and row.get("label", "-") == label]


def _short(name: str) -> str:
    return name.removesuffix(", filter, more until filled").partition(" (")[0]


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _about(result: Result) -> str:
    about = result["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    return (
        f"Measured {about['date']} on {about['cores']} cores ({about['processor']}), "
        f"{about['memory_gib']} GiB, shared with others (load {about['load_before']} before it "
        f"began); {versions}."
    )


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _peers(search: Result) -> str:
    caps = [row["cap"] for row in _rows(search, "Pendant")]
    parts = [
        f"## Peers side by side, {search['size']:,} pieces",
        _about(search)
        + f" {search['queries']} queries, one connection, the ten nearest under a price that keeps "
        "this share of the catalogue. Each cell: p50 / p95 in ms, recall@10, rows that fit, of ten "
        "(fewer where fewer exist), and how many queries it stands on where that is under "
        f"{ENOUGH}. Peers that filter afterwards take ever more neighbours until ten fit.",
        "![Time by price cap](benchmarks/peers.svg)",
    ]
    for label, title in TITLES.items():
        rows = [
            [name, *cells]
            for name in _names(search)
            if (cells := [_cell(row) for row in _rows(search, name, label)])
        ]
        parts += [f"### {title}", _table(["", *map(_percent, caps)], rows)]
    builds = ", ".join(
        f"{_short(name)} {_rows(search, name)[0]['build_seconds']:g} s"
        for name in _names(search)
        if _rows(search, name)[0]["build_seconds"] >= 0.05
    )
    parts.append(f"Building: our index {search['index']['seconds']:g} s; {builds}.")
    return "\n\n".join(parts)


def _cell(row: Result) -> str:
    took = " / ".join(f"{row[at]:.{1 if row[at] >= 1 else 2}f}" for at in ("p50_ms", "p95_ms"))
    text = f"{took}, {_recall(row)}, {row['returned']:g}"
    count = row["measured"]
    return text if count >= ENOUGH else f"{text} ({count} quer{'y' if count == 1 else 'ies'})"


def _recall(row: Result) -> str:
    return "-" if row["recall"] is None else f"{row['recall']:.3f}"


def _least(rows: list[Result]) -> str:
    """Return the least recall of rows, those left out for which nothing exists."""
    return f"{min(row['recall'] for row in rows if row['recall'] is not None):.3f}"


def _sizes(searches: list[Result]) -> str:
    caps = [row["cap"] for row in _rows(searches[-1], "Pendant")]
    parts = [
        f"## From {searches[0]['size']:,} to {searches[-1]['size']:,} pieces",
        "p50 / p95 in ms by price cap, one connection; the least recall@10 over the caps; how many "
        "of all queries got fewer rows than exist.",
    ]
    for label, title in TITLES.items():
        rows = []
        for search in searches:
            found = _rows(search, "Pendant", label)
            rows.append(
                [
                    f"{search['size']:,}",
                    *(f"{row['p50_ms']:.1f} / {row['p95_ms']:.1f}" for row in found),
                    _least(found),
                    f"{sum(row['not_filled'] for row in found)}",
                ]
            )
        heads = ["pieces", *map(_percent, caps), "least recall", "not filled"]
        parts += [f"### {title}", _table(heads, rows)]
    sizes = [
        [
            f"{search['size']:,}",
            f"{search['index']['seconds']:.0f} s",
            f"{search['index']['bytes'] / 1e9:.2f} GB",
            f"{search['index']['database_bytes'] / 1e9:.2f} GB",
        ]
        for search in searches
    ]
    return "\n\n".join(
        [
            *parts,
            "![Time by size of the catalogue](benchmarks/sizes.svg)",
            "The vector index, and the whole database:",
            _table(["pieces", "index built in", "its size", "database"], sizes),
        ]
    )


def _ours(search: Result) -> str:
    rows = []
    loaded = {(row["cap"], row["label"]): row for row in search["rows"] if "loaded" in row["name"]}
    for label in TITLES:
        for row in _rows(search, "Pendant", label):
            whole = loaded[row["cap"], label]
            rows.append(
                [
                    _percent(row["cap"]),
                    label or "none",
                    "compares all" if row["ef_search"] is None else f"index, {row['ef_search']}",
                    f"{row['p50_ms']:.1f} / {row['p95_ms']:.1f} / {row['p99_ms']:.1f}",
                    f"{whole['p50_ms']:.1f} / {whole['p95_ms']:.1f}",
                    _recall(row),
                    f"{row['returned']:g} of {row['exist']:g}",
                ]
            )
    heads = ["cap", "label", "way", "p50 / p95 / p99 ms", "with products loaded", "recall", "rows"]
    at_once = [
        [
            _percent(row["cap"]),
            f"{row['queries_per_second']:.0f}",
            f"{row['p50_ms']:.1f} / {row['p95_ms']:.1f} / {row['p99_ms']:.1f}",
        ]
        for row in search["at_once"]
    ]
    return "\n\n".join(
        [
            f"## Pendant alone, {search['size']:,} pieces",
            _about(search),
            _table(heads, rows),
            f"{search['at_once'][0]['connections']} connections at once, no label:",
            _table(["cap", "queries a second", "p50 / p95 / p99 ms"], at_once),
        ]
    )


def _life(search: Result) -> str:
    rows = []
    for step in search["life"]:
        took = ["-", "-"]
        if step.get("seconds"):
            took = [f"{step['seconds']:g} s", f"{1000 * step['seconds'] / step['pieces']:.2f} ms"]
        sizes = [f"{step[name] / 1e6:,.1f} MB" for name in ("index_bytes", "offers_bytes")]
        rows.append([step["step"], *took, *sizes])
    before = [row for row in search["rows"] if row["name"] == "Pendant"]
    count = search["life"][-1]["pieces"]
    return "\n\n".join(
        [
            f"## What changes cost, {search['size']:,} pieces",
            f"{count:,} pieces at once; a price that changes writes the piece's offer only, and "
            "the vector index keeps its size. An embedding that is put in is linked "
            "into the index.",
            _table(["step", "took", "a piece", "vector index", "offers with indexes"], rows),
            f"Least recall@10, with labels and without, before {_least(before)}, afterwards "
            f"{_least(search['lived'])}; p50 at no cap {before[0]['p50_ms']:.1f} and "
            f"{search['lived'][0]['p50_ms']:.1f} ms.",
        ]
    )


def _restarts(searches: list[Result]) -> str:
    rows = [
        [
            f"{search['size']:,}",
            _percent(row["cap"]),
            f"{row['restart_seconds']:g} s",
            f"{row['first_ms']:.1f}",
            *(f"{row[heat]['p50_ms']:.1f} / {row[heat]['p95_ms']:.1f}" for heat in HEATS),
        ]
        for search in searches
        for row in search["restart"].get("rows", [])
    ]
    skipped = [
        f"{search['size']:,} pieces: not measured, {search['restart']['skipped']}."
        for search in searches
        if "skipped" in search["restart"]
    ]
    heads = ["pieces", "cap", "restart", "first, ms", "first 20, p50 / p95 ms", "the same again"]
    return "\n\n".join(
        [
            "## After a restart of the database",
            "The first searches on a new connection, with nothing in the server's memory. The "
            "operating system's cache of files stays warm: after the machine itself restarts, what "
            "they read comes from the disk.",
            *([_table(heads, rows)] if rows else []),
            *skipped,
        ]
    )


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
            _about(walls) + " Real HTTP against the whole site on the demo's catalogue, "
            f"{walls['seconds_a_load']:g} s a load, {photos}; the visitors run on the same cores "
            "and look every 0.2 s for two seconds, then every second as the page does. Processor "
            "time in ms a photo: web, decoder, worker, and all there was, with database, broker "
            "and visitors.",
            _table(
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
            _about(encoded)
            + f" {encoded['pictures']} {of}, {few} for large networks, decoded and cropped in "
            f"threads beside the network ({encoded['decoded_per_second']:.0f} a second by "
            "itself), 32 at a time. Agreement is with the network's own first line, in one run.",
            _table([*heads, "cosine, mean / least", "same 10 neighbours"], rows),
        ]
    )


def plot(searches: list[Result]) -> None:
    """Draw the two plots as SVG: each without a label, with the query's own, with another."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "pendant", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot as plt

    def panels(name: str, draw: Callable[[Any, str | None], None], x: str, y: str) -> None:
        figure, all_axes = plt.subplots(
            1, len(TITLES), figsize=(13, 5.5), sharey=True, layout="constrained"
        )
        for axes, (label, title) in zip(all_axes, TITLES.items(), strict=True):
            axes.set_prop_cycle(color=[mpl.colormaps["tab20"](number) for number in range(20)])
            draw(axes, label)
            axes.set(xscale="log", yscale="log", xlabel=x, title=title)
            axes.grid(visible=True, alpha=0.3)
            axes.xaxis.set_major_formatter("{x:,g}")
            axes.yaxis.set_major_formatter("{x:,g}")
        all_axes[0].set_ylabel(y)
        lines, names = all_axes[0].get_legend_handles_labels()
        figure.legend(lines, names, fontsize=8, loc="outside lower center", ncols=4)
        figure.savefig(FOLDER / name, metadata={"Date": None, "Creator": None})

    peers = next((one for one in reversed(searches) if _names(one)[2:]), None)

    def by_cap(axes: Any, label: str | None) -> None:
        assert peers
        for name in _names(peers):
            fair = [row for row in _rows(peers, name, label) if (row["recall"] or 0) >= 0.98]
            ours = {"linewidth": 2.5, "color": "#b3391f"} if name == "Pendant" else {}
            axes.plot(
                [100 * row["cap"] for row in fair],
                [row["p95_ms"] for row in fair],
                **{"linewidth": 1, "marker": "o", "markersize": 3, "label": _short(name), **ours},
            )
        axes.invert_xaxis()

    def by_size(axes: Any, label: str | None) -> None:
        for cap in (1.0, 0.16, 0.05, 0.01, 0.001):
            points = [
                (search["size"], row["p50_ms"])
                for search in searches
                for row in _rows(search, "Pendant", label)
                if row["cap"] == cap
            ]
            axes.plot(*zip(*points, strict=True), marker="o", label=f"{_percent(cap)} under it")

    if peers:
        size = f"p95, ms; {peers['size']:,} pieces; only recall@10 ≥ 0.98"
        panels("peers.svg", by_cap, "share under the price, %", size)
    panels("sizes.svg", by_size, "pieces", "p50, ms, by share under the price")


def main() -> None:
    searches, walls, encodings = load()
    intro = (FOLDER / "intro.md").read_text().strip()
    PAGE.write_text(f"{intro}\n\n{page(searches, walls, encodings)}")
    if searches:
        plot(searches)


if __name__ == "__main__":
    main()

"""Write docs/benchmarks.md and its plots from what ``bench`` measured.

``python -m tests.benchmarks.report`` reads what ``bench … --json`` printed: docs/benchmarks/*.json.
"""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "benchmarks"
PAGE = FOLDER.parent / "benchmarks.md"
Result = dict[str, Any]


def load() -> tuple[list[Result], list[Result]]:
    """Return the searches measured, by size, and the walls."""
    found = [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))]
    searches = sorted(
        (one for one in found if one["bench"] == "search"), key=lambda one: int(one["size"])
    )
    return searches, [one for one in found if one["bench"] == "walls"]


def page(searches: list[Result], walls: list[Result]) -> str:
    """Return what was measured as tables in Markdown."""
    parts = []
    peers = next((one for one in reversed(searches) if _names(one)[2:]), None)
    if peers:
        parts.append(_peers(peers))
    if searches:
        parts += [_sizes(searches), *(_ours(one) for one in searches)]
    parts += [_life(one) for one in searches if one["life"]][-1:]
    parts += [_walls(one) for one in walls]
    return "\n\n".join(parts) + "\n"


def _names(search: Result) -> list[str]:
    return list(dict.fromkeys(row["name"] for row in search["rows"] if "missing" not in row))


def _rows(search: Result, name: str, label: str | None = None) -> list[Result]:
    return [row for row in search["rows"] if row["name"] == name and row.get("label", "-") == label]


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
        "this share of the catalogue. Each cell: p50 / p95 in ms, recall@10, rows returned of ten "
        "that exist (two at 0.001 % of a small catalogue, and so on). Peers that filter afterwards "
        "take ever more neighbours until ten fit.",
        "![Time by price cap](benchmarks/peers.svg)",
    ]
    for label, title in (
        (None, "Price only"),
        ("own", "Price, and the query's own label"),
        ("other", "Price, and another label than the query's"),
    ):
        rows = []
        for name in _names(search):
            cells = [
                f"{row['p50_ms']:.1f} / {row['p95_ms']:.1f}, {_recall(row)}, {row['returned']:g}"
                for row in _rows(search, name, label)
            ]
            if cells:
                rows.append([name, *cells])
        parts += [f"### {title}", _table(["", *map(_percent, caps)], rows)]
    builds = ", ".join(
        f"{name.partition(',')[0].partition(' (')[0]} {_rows(search, name)[0]['build_seconds']:g} s"
        for name in _names(search)
        if _rows(search, name)[0]["build_seconds"] >= 0.05
    )
    parts.append(f"Building: our index {search['index']['seconds']:g} s; {builds}.")
    return "\n\n".join(parts)


def _recall(row: Result) -> str:
    return "-" if row["recall"] is None else f"{row['recall']:.3f}"


def _sizes(searches: list[Result]) -> str:
    caps = [row["cap"] for row in _rows(searches[-1], "Pendant")]
    rows = []
    for search in searches:
        found = _rows(search, "Pendant")
        rows.append(
            [
                f"{search['size']:,}",
                *(f"{row['p50_ms']:.1f} / {row['p95_ms']:.1f}" for row in found),
                f"{min(row['recall'] for row in found if row['recall'] is not None):.3f}",
                f"{sum(row['not_filled'] for row in found)}",
                f"{search['index']['seconds']:.0f} s",
                f"{search['index']['bytes'] / 1e9:.2f} GB",
                f"{search['index']['database_bytes'] / 1e9:.2f} GB",
            ]
        )
    heads = ["pieces", *map(_percent, caps), "least recall", "not filled", "index", "its size"]
    return "\n\n".join(
        [
            "## From 1,000 to 1,000,000 pieces",
            "p50 / p95 in ms by price cap, one connection; the least recall@10 over the caps; how "
            "many of all queries got fewer rows than exist; the vector index; the whole database.",
            _table([*heads, "database"], rows),
            "![Time by size of the catalogue](benchmarks/sizes.svg)",
        ]
    )


def _ours(search: Result) -> str:
    rows = []
    loaded = {(row["cap"], row["label"]): row for row in search["rows"] if "loaded" in row["name"]}
    for label in (None, "own", "other"):
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
    recalls = [row["recall"] for row in search["lived"]]
    before = [row["recall"] for row in _rows(search, "Pendant")]
    count = search["life"][-1]["pieces"]
    return "\n\n".join(
        [
            f"## What changes cost, {search['size']:,} pieces",
            f"{count:,} pieces at once; a price that changes writes the piece's offer only, and "
            "the vector index keeps its size. An embedding that is put in is linked "
            "into the index.",
            _table(["step", "took", "a piece", "vector index", "offers with indexes"], rows),
            f"Least recall@10 over the caps before {min(before):.3f}, afterwards "
            f"{min(recalls):.3f}; p50 at no cap {_rows(search, 'Pendant')[0]['p50_ms']:.1f} and "
            f"{search['lived'][0]['p50_ms']:.1f} ms.",
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
            f"{walls['seconds_a_load']:g} s a load; the visitors run on the same cores and look "
            "every 0.2 s for two seconds, then every second as the page does. Processor time in ms "
            "a photo: web, decoder, worker, and all there was, with database, broker and visitors.",
            _table(
                [*heads, "POST, p50 ms", "web / decoder / worker / all"],
                rows,
            ),
            f"Resident memory after it: {memory}.",
        ]
    )


def plot(searches: list[Result]) -> None:
    """Draw the two plots as SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "pendant", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot as plt

    quiet = {"Date": None, "Creator": None}
    peers = next((one for one in reversed(searches) if _names(one)[2:]), None)
    if peers:
        figure, axes = plt.subplots(figsize=(9.5, 4.5), layout="constrained")
        for name in _names(peers):
            rows = _rows(peers, name)
            fair = [row for row in rows if (row["recall"] or 0) >= 0.98]
            line: dict[str, Any] = (
                {"linewidth": 2.5, "color": "#b3391f"} if name == "Pendant" else {"linewidth": 1}
            )
            axes.plot(
                [100 * row["cap"] for row in fair],
                [row["p95_ms"] for row in fair],
                marker="o",
                markersize=3,
                label=name.removesuffix(", filter, more until filled").partition(" (")[0],
                **line,
            )
        axes.set(xscale="log", yscale="log", xlabel="share under the price, %", ylabel="p95, ms")
        axes.invert_xaxis()
        axes.set_title(f"{peers['size']:,} pieces; only points with recall@10 ≥ 0.98")
        axes.grid(visible=True, alpha=0.3)
        axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_major_formatter("{x:,g}")
        figure.savefig(FOLDER / "peers.svg", metadata=quiet)
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    for cap in (1.0, 0.16, 0.05, 0.01, 0.001):
        points = [
            (search["size"], row["p50_ms"])
            for search in searches
            for row in _rows(search, "Pendant")
            if row["cap"] == cap
        ]
        axes.plot(
            [size for size, _ in points],
            [milliseconds for _, milliseconds in points],
            marker="o",
            label=f"{_percent(cap)} under the price",
        )
    axes.set(xscale="log", yscale="log", xlabel="pieces", ylabel="p50, ms")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize=8)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.set_major_formatter("{x:g}")
    figure.savefig(FOLDER / "sizes.svg", metadata=quiet)


def main() -> None:
    searches, walls = load()
    intro = (FOLDER / "intro.md").read_text().strip()
    PAGE.write_text(f"{intro}\n\n{page(searches, walls)}")
    if searches:
        plot(searches)


if __name__ == "__main__":
    main()

"""The search's figures as tables in Markdown."""

from tests.benchmarks.markdown import Result, about, percent, table

TITLES = {
    None: "Price only",
    "own": "Price, and the query's own label",
    "other": "Price, and another label than the query's",
}
# A figure of fewer queries than this says so.
ENOUGH = 20
HEATS = ("cold", "warm")


def tables(searches: list[Result]) -> list[str]:
    """Return the parts of the page on searches, measured by size."""
    parts = []
    peers = with_peers(searches)
    if peers:
        parts.append(_peers(peers))
    if searches:
        parts += [_sizes(searches), *(_ours(one) for one in searches)]
    parts += [_life(one) for one in searches if one["life"]][-1:]
    # What was measured before restarts were has none.
    if restarts := [one for one in searches if one.get("restart")]:
        parts.append(_restarts(restarts))
    return parts


def with_peers(searches: list[Result]) -> Result | None:
    """Return the largest search that peers were measured beside."""
    return next((one for one in reversed(searches) if names(one)[2:]), None)


def names(search: Result) -> list[str]:
    return list(dict.fromkeys(row["name"] for row in search["rows"] if "missing" not in row))


def rows_of(search: Result, name: str, label: str | None = None) -> list[Result]:
    return [row for row in search["rows"] if row["name"] == name and row.get("label", "-") == label]


def short(name: str) -> str:
    return name.removesuffix(", filter, more until filled").partition(" (")[0]


def _peers(search: Result) -> str:
    caps = [row["cap"] for row in rows_of(search, "Pendant")]
    parts = [
        f"## Peers side by side, {search['size']:,} pieces",
        about(search)
        + f" {search['queries']} queries, one connection, the ten nearest under a price that keeps "
        "this share of the catalogue. Each cell: p50 / p95 in ms, recall@10, rows that fit, of ten "
        "(fewer where fewer exist), and how many queries it stands on where that is under "
        f"{ENOUGH}. Peers that filter afterwards take ever more neighbours until ten fit.",
        "![Time by price cap](benchmarks/peers.svg)",
    ]
    for label, title in TITLES.items():
        rows = [
            [name, *cells]
            for name in names(search)
            if (cells := [_cell(row) for row in rows_of(search, name, label)])
        ]
        parts += [f"### {title}", table(["", *map(percent, caps)], rows)]
    builds = ", ".join(
        f"{short(name)} {rows_of(search, name)[0]['build_seconds']:g} s"
        for name in names(search)
        if rows_of(search, name)[0]["build_seconds"] >= 0.05
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
    caps = [row["cap"] for row in rows_of(searches[-1], "Pendant")]
    parts = [
        f"## From {searches[0]['size']:,} to {searches[-1]['size']:,} pieces",
        "p50 / p95 in ms by price cap, one connection; the least recall@10 over the caps; how many "
        "of all queries got fewer rows than exist.",
    ]
    for label, title in TITLES.items():
        rows = []
        for search in searches:
            found = rows_of(search, "Pendant", label)
            rows.append(
                [
                    f"{search['size']:,}",
                    *(f"{row['p50_ms']:.1f} / {row['p95_ms']:.1f}" for row in found),
                    _least(found),
                    f"{sum(row['not_filled'] for row in found)}",
                ]
            )
        heads = ["pieces", *map(percent, caps), "least recall", "not filled"]
        parts += [f"### {title}", table(heads, rows)]
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
            table(["pieces", "index built in", "its size", "database"], sizes),
        ]
    )


def _ours(search: Result) -> str:
    rows = []
    loaded = {(row["cap"], row["label"]): row for row in search["rows"] if "loaded" in row["name"]}
    for label in TITLES:
        for row in rows_of(search, "Pendant", label):
            whole = loaded[row["cap"], label]
            rows.append(
                [
                    percent(row["cap"]),
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
            percent(row["cap"]),
            f"{row['queries_per_second']:.0f}",
            f"{row['p50_ms']:.1f} / {row['p95_ms']:.1f} / {row['p99_ms']:.1f}",
        ]
        for row in search["at_once"]
    ]
    return "\n\n".join(
        [
            f"## Pendant alone, {search['size']:,} pieces",
            about(search),
            table(heads, rows),
            f"{search['at_once'][0]['connections']} connections at once, no label:",
            table(["cap", "queries a second", "p50 / p95 / p99 ms"], at_once),
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
            table(["step", "took", "a piece", "vector index", "offers with indexes"], rows),
            f"Least recall@10, with labels and without, before {_least(before)}, afterwards "
            f"{_least(search['lived'])}; p50 at no cap {before[0]['p50_ms']:.1f} and "
            f"{search['lived'][0]['p50_ms']:.1f} ms.",
        ]
    )


def _restarts(searches: list[Result]) -> str:
    rows = [
        [
            f"{search['size']:,}",
            percent(row["cap"]),
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
            *([table(heads, rows)] if rows else []),
            *skipped,
        ]
    )

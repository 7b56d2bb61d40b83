"""The plots of the page, as SVG."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.markdown import Result, percent
from tests.benchmarks.search_tables import TITLES, names, rows_of, short, with_peers


def plot(searches: list[Result], folder: Path) -> None:
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
        figure.savefig(folder / name, metadata={"Date": None, "Creator": None})

    peers = with_peers(searches)

    def by_cap(axes: Any, label: str | None) -> None:
        assert peers
        for name in names(peers):
            fair = [row for row in rows_of(peers, name, label) if (row["recall"] or 0) >= 0.98]
            ours = {"linewidth": 2.5, "color": "#b3391f"} if name == "Pendant" else {}
            axes.plot(
                [100 * row["cap"] for row in fair],
                [row["p95_ms"] for row in fair],
                **{"linewidth": 1, "marker": "o", "markersize": 3, "label": short(name), **ours},
            )
        axes.invert_xaxis()

    def by_size(axes: Any, label: str | None) -> None:
        for cap in (1.0, 0.16, 0.05, 0.01, 0.001):
            points = [
                (search["size"], row["p50_ms"])
                for search in searches
                for row in rows_of(search, "Pendant", label)
                if row["cap"] == cap
            ]
            axes.plot(*zip(*points, strict=True), marker="o", label=f"{percent(cap)} under it")

    if peers:
        size = f"p95, ms; {peers['size']:,} pieces; only recall@10 ≥ 0.98"
        panels("peers.svg", by_cap, "share under the price, %", size)
    panels("sizes.svg", by_size, "pieces", "p50, ms, by share under the price")

"""Parts of the page that say the same of every benchmark, in Markdown."""

from typing import Any

Result = dict[str, Any]


def percent(share: float) -> str:
    return f"{100 * share:g} %"


def about(result: Result) -> str:
    """Say when and on what it was measured."""
    machine = result["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return (
        f"Measured {machine['date']} on {machine['cores']} cores ({machine['processor']}), "
        f"{machine['memory_gib']} GiB, shared with others (load {machine['load_before']} before it "
        f"began); {versions}."
    )


def table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

"""Small charts for the admin, as SVG in the page's own colours."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from catalog.wording import percent

WIDTH, HEIGHT = 480, 200
LEFT, BOTTOM, TOP, RIGHT = 56, 28, 12, 12
LEGEND = mark_safe(  # nobody's words but ours
    '<p class="chart-legend"><span>learnt from</span><span class="held-out">held out</span></p>'
)


def learning_curve(curve: Sequence[Sequence[float | None]]) -> SafeString:
    """Draw the loss by epoch, of training (solid) and of held-out pictures (dashed).

    ``curve`` holds [epoch, loss, validation loss] by epoch; fewer than two make no line.
    """
    points = [(float(epoch or 0), loss, held_out) for epoch, loss, held_out in curve]
    values = [value for _, *losses in points for value in losses if value is not None]
    if len(points) < 2 or not values:
        return SafeString("")
    low, high = min(values), max(values)
    first, last = points[0][0], points[-1][0]
    across = (WIDTH - LEFT - RIGHT) / max(last - first, 1)
    down = (HEIGHT - TOP - BOTTOM) / max(high - low, 1e-9)

    def path(which: int) -> str:
        return " ".join(
            f"{LEFT + (epoch - first) * across:.1f},{TOP + (high - loss) * down:.1f}"
            for epoch, loss in ((point[0], point[which]) for point in points)
            if loss is not None
        )

    lines = [("chart-line", path(1)), ("chart-line chart-held-out", path(2))]
    return format_html(
        '<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="Loss by epoch, '
        'from {start} to {end}">'
        '<path class="chart-axis" d="M{left},{top}V{floor}H{right}"/>'
        '<text x="{label}" y="{high_y}" text-anchor="end">{high}</text>'
        '<text x="{label}" y="{floor}" text-anchor="end">{low}</text>'
        '<text x="{left}" y="{under}">epoch {first}</text>'
        '<text x="{right}" y="{under}" text-anchor="end">epoch {last}</text>{lines}</svg>{legend}',
        width=WIDTH,
        height=HEIGHT,
        start=f"{points[0][1] or 0:.4g}",
        end=f"{points[-1][1] or 0:.4g}",
        left=LEFT,
        top=TOP,
        floor=HEIGHT - BOTTOM,
        right=WIDTH - RIGHT,
        label=LEFT - 6,
        high_y=TOP + 8,
        high=f"{high:.3g}",
        low=f"{low:.3g}",
        under=HEIGHT - 8,
        first=f"{first:.0f}",
        last=f"{last:.0f}",
        lines=format_html_join(
            "",
            '<polyline class="{}" points="{}"/>',
            [(name, line) for name, line in lines if line],
        ),
        legend=LEGEND if lines[1][1] else "",
    )


def confusion_matrix(
    labels: Sequence[str],
    counts: Sequence[Sequence[int]],
    intervals: Sequence[Sequence[float]] = (),
) -> SafeString:
    """Show what pictures of each label were taken for, cells as dark as their share of the row.

    ``intervals`` bound the share that was right, label by label.
    """
    head = format_html_join("", '<th scope="col">{}</th>', [(label,) for label in labels])
    rows = []
    for number, (label, row) in enumerate(zip(labels, counts, strict=True)):
        total = sum(row)
        cells = format_html_join(
            "",
            '<td class="share-{}">{}</td>',
            [(round(10 * count / total) if total else 0, count) for count in row],
        )
        right = percent(row[number] / total) if total else "none"
        if total and intervals:
            low, high = intervals[number]
            right += f" ({percent(low)} to {percent(high)})"
        rows.append((label, cells, right))
    return format_html(
        '<table class="figures confusion"><caption>Rows: what people say; columns: what it took '
        'them for</caption><thead><tr><th></th>{}<th scope="col">right</th></tr></thead>'
        "<tbody>{}</tbody></table>",
        head,
        format_html_join("", '<tr><th scope="row">{}</th>{}<td>{}</td></tr>', rows),
    )

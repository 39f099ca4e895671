"""Draws bar charts as SVG: one small chart for each figure, one bar for each way of reading."""

from collections.abc import Mapping
from html import escape
from typing import Final

WIDTH: Final = 720
CHART_WIDTH: Final = 340
BAR: Final = 20
TITLE: Final = 26
GAP: Final = 24
LABEL: Final = 130  # as wide as the longest name
VALUE: Final = 60
COLOURS: Final = ("#2f6fb0", "#3f9a6d", "#c98a1b", "#b5533c")

_STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#222}.title{font-weight:600}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}}"
)


def plot(rows: Mapping[str, object], columns: Mapping[str, tuple[str, str]]) -> str:
    """Return ``rows``, by name, as SVG; ``columns``: title, then field and number format."""
    chart_height = TITLE + BAR * len(rows) + GAP
    lines = -(-len(columns) // 2)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {lines * chart_height}" '
        f'role="img" aria-label="What each transport costs"><style>{_STYLE}</style>'
    ]
    for number, (title, (field, form)) in enumerate(columns.items()):
        x, y = (number % 2) * (WIDTH - CHART_WIDTH), (number // 2) * chart_height
        parts.append(f'<text class="title" x="{x}" y="{y + 16}">{escape(title)}</text>')
        values = {name: float(getattr(row, field)) for name, row in rows.items()}
        most = max(values.values()) or 1.0
        for place, (name, value) in enumerate(values.items()):
            top = y + TITLE + place * BAR
            written = format(value, form)
            length = (CHART_WIDTH - LABEL - VALUE) * value / most
            parts.append(
                f'<text x="{x + LABEL - 6}" y="{top + 14}" text-anchor="end">{escape(name)}</text>'
                f'<rect x="{x + LABEL}" y="{top + 2}" width="{length:.1f}" height="{BAR - 4}" '
                f'fill="{COLOURS[place % len(COLOURS)]}"/>'
                f'<text x="{x + LABEL + length + 4:.1f}" y="{top + 14}">{written}</text>'
            )
    return "".join(parts) + "</svg>\n"

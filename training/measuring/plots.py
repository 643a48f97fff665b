"""The report's plots as inline SVG; colours come from the page's style sheet."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from markupsafe import Markup, escape

WIDTH, HEIGHT = 420, 120
LEFT, BOTTOM, TOP = 4, 16, 14
SQUARE, EDGE = 260, 22
MARKS = 4
"""Dates, or hours, below a plot."""


def columns(values: Sequence[float], names: Sequence[str], label: str, usual: Sequence[float] = ()) -> Markup:
    """One bar for each value, names below some of them, and the usual as a line over them."""
    highest = max([*values, *usual, 0.0]) or 1.0
    step, scale = (WIDTH - 2 * LEFT) / max(len(values), 1), (HEIGHT - BOTTOM - TOP) / highest
    floor = HEIGHT - BOTTOM
    drawn = [f'<line class="grid" x1="{LEFT}" x2="{WIDTH - LEFT}" y1="{floor}" y2="{floor}"/>']
    drawn.append(f'<text x="{LEFT}" y="10">{_short(highest)}</text>')
    for place, value in enumerate(values):
        tall = max(value, 0.0) * scale
        box = f'x="{LEFT + place * step + step * 0.1:.1f}" y="{floor - tall:.1f}" width="{step * 0.8:.1f}"'
        title = f"<title>{escape(names[place])}: {value:,.0f}</title>"
        drawn.append(f'<rect {box} height="{tall:.1f}">{title}</rect>')
    if any(usual):
        points = " ".join(
            f"{LEFT + (place + 0.5) * step:.1f},{floor - value * scale:.1f}" for place, value in enumerate(usual)
        )
        drawn.append(f'<polyline points="{points}"/>')
    drawn += _names(names, step)
    return _svg("columns", label, WIDTH, HEIGHT, drawn)


def _names(names: Sequence[str], step: float) -> list[str]:
    if not names:
        return []
    last = len(names) - 1
    places = sorted({round(last * mark / MARKS) for mark in range(MARKS + 1)})
    anchors = {0: "start", last: "end"}
    return [
        f'<text x="{LEFT + place * step + step * _side(place, last):.1f}" y="{HEIGHT - 4}"'
        f' text-anchor="{anchors.get(place, "middle") if last else "start"}">{escape(names[place])}</text>'
        for place in places
    ]


def _side(place: int, last: int) -> float:
    return {0: 0.0, last: 1.0}.get(place, 0.5)


def calibration(parts: Sequence[Mapping[str, float]], label: str) -> Markup:
    """What was foretold of customers, from left to right, beside what came; a dot on the line was right on the whole.

    A dot is as large as the part of the customers it stands for.
    """
    highest = max([one[name] for one in parts for name in ("predicted", "actual")], default=0.0) or 1.0
    everybody = sum(one["customers"] for one in parts) or 1
    side, low = SQUARE - 2 * EDGE, SQUARE - EDGE
    drawn = [
        f'<path class="grid" d="M{EDGE} {EDGE} V{low} H{SQUARE - EDGE}"/>',
        f'<line class="even" x1="{EDGE}" y1="{low}" x2="{SQUARE - EDGE}" y2="{EDGE}"/>',
        f'<text x="{EDGE}" y="{SQUARE - 6}">0</text>',
        f'<text x="{SQUARE - EDGE}" y="{SQUARE - 6}" text-anchor="end">{highest:,.3g} foretold</text>',
        f'<text x="{EDGE}" y="12">{highest:,.3g} came</text>',
    ]
    for one in parts:
        across, up = (side * one[name] / highest for name in ("predicted", "actual"))
        size = 2 + 8 * (one["customers"] / everybody) ** 0.5
        title = f"{one['customers']:,} customers: {one['predicted']:,.3g} foretold, {one['actual']:,.3g} came"
        drawn.append(
            f'<circle cx="{EDGE + across:.1f}" cy="{low - up:.1f}" r="{size:.1f}"><title>{title}</title></circle>'
        )
    return _svg("calibration", label, SQUARE, SQUARE, drawn)


def lift(value: float | None, ends: Sequence[float | None], reach: float, answer: str) -> Markup:
    """A lift with its interval from -`reach` to `reach`, 0 in the middle; an arrow where it goes on beyond."""
    low, high = ((-reach, reach)[side] if end is None else end for side, end in enumerate(ends))
    drawn = ['<line class="zero" x1="100" x2="100" y1="0" y2="16"/>']
    if value is not None:
        at = [100 + 100 * min(max(end / reach, -1.0), 1.0) for end in (low, value, high)]
        drawn.append(f'<line class="span" x1="{at[0]:.1f}" x2="{at[2]:.1f}" y1="8" y2="8"/>')
        if low < -reach:
            drawn.append('<path d="M6 3 L0 8 L6 13"/>')
        if high > reach:
            drawn.append('<path d="M194 3 L200 8 L194 13"/>')
        if abs(value) <= reach:
            drawn.append(f'<circle cx="{at[1]:.1f}" cy="8" r="3.5"/>')
    return _svg(f"lift {answer}", "lift with its interval", 200, 16, drawn)


def reach(metrics: Sequence[Mapping[str, Any]]) -> float:
    """The scale of an experiment's lifts: what decides fits, unless it may be more than double."""
    first = [one for one in metrics if one["decides"]] or metrics
    found = [abs(end) for one in first for end in one["lift_interval"] if end is not None and isfinite(end)]
    return float(min(max([*found, 0.01]), 1.0))


def bar(value: float, top: float, kind: str) -> Markup:
    """A share of the longest."""
    wide = 100 * value / top if top else 0.0
    drawn = ['<rect class="track" width="100" height="12"/>', f'<rect width="{wide:.2f}" height="12"/>']
    return Markup(  # noqa: S704 - numbers and our own words
        f'<svg class="bar {kind}" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">'
        f"{''.join(drawn)}</svg>"
    )


def _svg(kind: str, label: str, width: int, height: int, drawn: Sequence[str]) -> Markup:
    box = f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}"'
    return Markup(f'<svg class="{kind}" {box}>{"".join(drawn)}</svg>')  # noqa: S704 - names are escaped above


def _short(value: float) -> str:
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= 10 * size:
            return f"{value / size:,.0f} {letter}"
    return f"{value:,.0f}"

"""Plots as inline SVG: no script, no font, no library; colours come from the page's style sheet."""

from collections.abc import Iterator, Mapping, Sequence
from math import floor, log, log10

from markupsafe import Markup, escape

WIDTH = 100
HEIGHT = 12


def whisker(value: float, span: Sequence[float], top: float, kind: str) -> Markup:
    """A bar from 0 to `value` with its interval, on a scale that ends at `top`; `kind` is its style class."""
    scale = WIDTH / max(top, 1e-9)
    return _strip(
        "bar",
        kind,
        f'<rect class="track" width="{WIDTH}" height="{HEIGHT}"/><rect width="{value * scale:.2f}" height="{HEIGHT}"/>'
        + _across(span[0] * scale, span[1] * scale),
    )


def gap(value: float, span: Sequence[float], reach: float, kind: str) -> Markup:
    """A difference with its interval on a scale from -`reach` to `reach`, 0 in the middle."""
    half, scale = WIDTH / 2, WIDTH / 2 / max(reach, 1e-9)
    parts = (
        _upright("zero", half, 0, HEIGHT),
        _across(half + span[0] * scale, half + span[1] * scale),
        _upright("mean", half + value * scale, 2, HEIGHT - 2),
    )
    return _strip("gap", kind, "".join(parts))


def _strip(what: str, kind: str, content: str) -> Markup:
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true"'
    return Markup(f'<svg class="{what} {kind}" {box}>{content}</svg>')  # noqa: S704 - numbers and our own words


def _across(low: float, high: float) -> str:
    return f'<line x1="{low:.2f}" x2="{high:.2f}" y1="{HEIGHT // 2}" y2="{HEIGHT // 2}"/>'


def _upright(kind: str, x: float, top: float, bottom: float) -> str:
    return f'<line class="{kind}" x1="{x:.2f}" x2="{x:.2f}" y1="{top}" y2="{bottom}"/>'


class Curves:
    """Recall by length of the list, one line a judge, on a logarithmic axis of lengths.

    Args:
        lines: for each judge its style class and (length, recall) points.
    """

    width, height = 360, 200
    left, right, top, bottom = 38, 130, 10, 26
    line_height = 13

    def __init__(self, lines: Mapping[str, tuple[str, Sequence[Sequence[float]]]]) -> None:
        self.lines = lines
        points = [point for _, line in lines.values() for point in line]
        self.lengths = sorted({int(point[0]) for point in points})
        self.highest = max(max(point[1] for point in points), 1e-3) * 1.05

    def svg(self) -> Markup:
        """The plot."""
        content = "".join([*self._marks(), *self._axis(), *self._drawn(), *self._names()])
        box = f'viewBox="0 0 {self.width} {self.height}" role="img" aria-label="recall by length of the list"'
        return Markup(f'<svg class="curves" {box}>{content}</svg>')  # noqa: S704 - names are escaped below

    def _x(self, length: float) -> float:
        longest = self.lengths[-1]
        share = log(length) / log(longest) if longest > 1 else 1.0
        return self.left + share * (self.width - self.left - self.right)

    def _y(self, value: float) -> float:
        return self.height - self.bottom - value / self.highest * (self.height - self.top - self.bottom)

    def _marks(self) -> Iterator[str]:
        step, end = _step(self.highest), self.width - self.right
        for count in range(int(self.highest / step) + 1):
            y = self._y(step * count)
            yield f'<line class="grid" x1="{self.left}" x2="{end}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<text class="y" x="{self.left - 5}" y="{y + 3.5:.1f}">{round(step * count, 4):g}</text>'

    def _axis(self) -> Iterator[str]:
        for length in self.lengths:
            yield f'<text class="x" x="{self._x(length):.1f}" y="{self.height - 8}">{length}</text>'

    def _drawn(self) -> Iterator[str]:
        for kind, line in self.lines.values():
            points = " ".join(f"{self._x(length):.1f},{self._y(value):.1f}" for length, value in line)
            yield f'<polyline class="{kind}" points="{points}"/>'

    def _names(self) -> Iterator[str]:
        """Names at the lines' ends, pushed apart until all can be read."""
        ends = sorted((self._y(line[-1][1]), name, kind) for name, (kind, line) in self.lines.items())
        places: list[float] = []
        for y, _, _ in ends:
            places.append(max(y, places[-1] + self.line_height) if places else y)
        over, edge = max(0.0, places[-1] - (self.height - self.bottom)), self.width - self.right
        for (y, name, kind), place in zip(ends, places, strict=True):
            line = f'x1="{edge + 1}" x2="{edge + 13}" y1="{y:.1f}" y2="{place - over:.1f}"'
            yield f'<line class="lead {kind}" {line}/>'
            yield f'<text class="name {kind}" x="{edge + 16}" y="{place - over + 3.5:.1f}">{escape(name)}</text>'


def _step(highest: float) -> float:
    """A round distance between at most six marks."""
    base = 10.0 ** floor(log10(highest))
    return next(base * factor for factor in (0.2, 0.5, 1.0, 2.0) if highest / (base * factor) <= 5)

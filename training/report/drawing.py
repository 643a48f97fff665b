"""Plots as inline SVG: no script, no font, no library; colours come from the page's style sheet."""

from collections.abc import Sequence

from markupsafe import Markup

WIDTH = 100
HEIGHT = 12


def whisker(value: float, span: Sequence[float], top: float, kind: str) -> Markup:
    """A bar from 0 to `value` with its interval, on a scale that ends at `top`; `kind` is its style class."""
    scale = WIDTH / max(top, 1e-9)
    end, low, high = value * scale, span[0] * scale, span[1] * scale
    return Markup(
        '<svg class="bar {kind}" viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="{width}" height="{height}"/><rect width="{end:.2f}" height="{height}"/>'
        '<line x1="{low:.2f}" x2="{high:.2f}" y1="{middle}" y2="{middle}"/></svg>'
    ).format(kind=kind, width=WIDTH, height=HEIGHT, middle=HEIGHT // 2, end=end, low=low, high=high)


def gap(value: float, span: Sequence[float], reach: float, kind: str) -> Markup:
    """A difference with its interval on a scale from -`reach` to `reach`, 0 in the middle."""
    half, scale = WIDTH / 2, WIDTH / 2 / max(reach, 1e-9)
    end, low, high = half + value * scale, half + span[0] * scale, half + span[1] * scale
    return Markup(
        '<svg class="gap {kind}" viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">'
        '<line class="zero" x1="{half}" x2="{half}" y1="0" y2="{height}"/>'
        '<line x1="{low:.2f}" x2="{high:.2f}" y1="{middle}" y2="{middle}"/>'
        '<line class="mean" x1="{end:.2f}" x2="{end:.2f}" y1="2" y2="{below}"/></svg>'
    ).format(
        kind=kind, width=WIDTH, height=HEIGHT, half=half, middle=HEIGHT // 2, below=HEIGHT - 2, end=end, low=low, high=high
    )  # fmt: skip


class Curves:
    """Recall by length of the list, one line a judge, on a logarithmic axis of lengths.

    Args:
        lines: for each judge its style class and (length, recall) points.
    """

    width, height = 360, 200
    left, right, top, bottom = 38, 130, 10, 26
    line_height = 13

    def __init__(self, lines: dict[str, tuple[str, list[list[float]]]]) -> None:
        self.lines = lines
        points = [point for _, line in lines.values() for point in line]
        self.longest = max(int(point[0]) for point in points)
        self.highest = max(max(point[1] for point in points), 1e-3) * 1.05

    def svg(self) -> Markup:
        """The plot."""
        parts = [*self._grid(), *self._drawn(), *self._names()]
        box = f"0 0 {self.width} {self.height}"
        return Markup('<svg class="curves" viewBox="{}" role="img" aria-label="recall by length">{}</svg>').format(
            box, Markup("").join(parts)
        )

    def _x(self, length: float) -> float:
        from math import log

        share = log(length) / log(self.longest) if self.longest > 1 else 1.0
        return self.left + share * (self.width - self.left - self.right)

    def _y(self, value: float) -> float:
        return self.height - self.bottom - value / self.highest * (self.height - self.top - self.bottom)

    def _grid(self) -> list[Markup]:
        step = _step(self.highest)
        marks = [step * count for count in range(int(self.highest / step) + 1)]
        parts = [
            Markup(
                '<line class="grid" x1="{0}" x2="{1}" y1="{2:.1f}" y2="{2:.1f}"/><text class="y" x="{3}" y="{4:.1f}">{5:g}</text>'
            ).format(
                self.left, self.width - self.right, self._y(mark), self.left - 5, self._y(mark) + 3.5, round(mark, 4)
            )
            for mark in marks
        ]
        lengths = sorted({int(point[0]) for _, line in self.lines.values() for point in line})
        return parts + [
            Markup('<text class="x" x="{:.1f}" y="{}">{}</text>').format(self._x(length), self.height - 8, length)
            for length in lengths
        ]

    def _drawn(self) -> list[Markup]:
        return [
            Markup('<polyline class="{}" points="{}"/>').format(
                kind, " ".join(f"{self._x(length):.1f},{self._y(value):.1f}" for length, value in line)
            )
            for kind, line in self.lines.values()
        ]

    def _names(self) -> list[Markup]:
        """Names at the lines' ends, pushed apart until all can be read."""
        ends = sorted(((self._y(line[-1][1]), name, kind) for name, (kind, line) in self.lines.items()))
        places: list[float] = []
        for y, _, _ in ends:
            places.append(max(y, places[-1] + self.line_height) if places else max(y, self.top))
        over = max(0.0, places[-1] - (self.height - self.bottom))
        edge = self.width - self.right
        return [
            Markup(
                '<text class="name {}" x="{}" y="{:.1f}">{}</text><line class="lead {}" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>'
            ).format(kind, edge + 16, place - over + 3.5, name, kind, edge + 1, edge + 13, y, place - over)
            for (y, name, kind), place in zip(ends, places, strict=True)
        ]


def _step(highest: float) -> float:
    """A round distance between three to six marks."""
    from math import floor, log10

    base = 10.0 ** floor(log10(highest))
    return next(base * factor for factor in (0.2, 0.5, 1.0, 2.0) if highest / (base * factor) <= 5)

"""The figures of a run as a picture."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

from tests.benchmarks.speed.latencies import SHARES
from tests.benchmarks.speed.section import Section

COLOURS = {"vitrine": "#1f6f8b", "typed": "#e09f3e", "bare": "#9aa5b1"}
OTHER = "#7b2d26"


def draw(path: Path, sections: Sequence[Section]) -> None:
    """Throughput on the left and times on the right, one line for each section with rows."""
    mpl.use("svg")
    from matplotlib import pyplot as plt

    measured = [section for section in sections if section.rows]
    if not measured:
        return
    with mpl.rc_context({"svg.hashsalt": "vitrine", "font.size": 8}):
        figure, axes = plt.subplots(len(measured), 2, figsize=(10, 2.2 * len(measured)), squeeze=False)
        for (left, right), section in zip(axes, measured, strict=True):
            names = [row["name"] for row in section.rows]
            colours = [COLOURS.get(name.partition(",")[0], OTHER) for name in names]
            left.barh(names[::-1], [row["rate"] for row in section.rows][::-1], color=colours[::-1])
            left.set_title(section.title.replace("`", ""), loc="left")
            left.set_xlabel("answers a second")
            for place, (row, colour) in enumerate(zip(section.rows, colours, strict=True)):
                strength = 1 - 0.7 * colours[:place].count(colour) / len(colours)  # more pale for each further rate
                times = [row[share] for share in SHARES]
                right.plot([*SHARES], times, "o-", color=colour, alpha=strength, label=row["name"])
            right.set_yscale("log")
            right.set_ylabel("ms")
            right.set_title(section.load.partition(",")[0], loc="left")
            right.legend(fontsize=6)
        figure.tight_layout()
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)

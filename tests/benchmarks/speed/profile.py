"""Where the time of a repeated piece of work goes."""

import cProfile
import pstats
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[3]


def profiled(work: Callable[[], None], times: int, most: int = 25) -> list[str]:
    """The functions that `times` pieces of work spent most time in and below, as lines of a table.

    Times are stretched by the profile itself: they say what is large beside what, not how large.
    """
    profile = cProfile.Profile()
    profile.enable()
    work()
    profile.disable()
    found = sorted(pstats.Stats(profile).stats.items(), key=lambda one: -one[1][3])  # type: ignore[attr-defined]
    lines = [f"{'calls':>8} {'own, ms':>9} {'in all, ms':>10}  function, each for one of {times}"]
    for (file, line, name), (_, calls, own, whole, _) in found[:most]:
        where = f"{_short(file)}:{line} {name}" if line else name
        lines.append(f"{calls / times:8.1f} {1000 * own / times:9.3f} {1000 * whole / times:10.3f}  {where}")
    return lines


def _short(file: str) -> str:
    """Below the project, or below the folder of all packages."""
    path = Path(file)
    if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
        return path.relative_to(ROOT).as_posix()
    return "/".join(path.parts[-2:])

"""How long a day is."""

from typing import Final

DAY: Final = 86_400
"""Seconds; days of the log are those of UTC, which know no summer time."""

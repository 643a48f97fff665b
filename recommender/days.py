"""How long a day is, and how long a pause ends a session."""

from datetime import timedelta
from typing import Final

DAY: Final = 86_400
"""Seconds; days of the log are those of UTC, which know no summer time."""
SESSION_GAP: Final = timedelta(minutes=30)
"""Whoever comes back after more than this begins another session."""

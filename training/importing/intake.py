"""What one import knows while it reads: who writes, what time it is, and what it left out so far."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from training.importing.rejects import Rejects


@dataclass
class Intake:
    """Shared by the parts of one import; readers count here what they do with each row."""

    now: datetime
    writer: str
    """Name of this import in the log; `sequence` counts within it."""
    rejects: Rejects
    rows: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)

"""A next version of Vitrine that leaves something of its own wherever processes of two versions meet.

It is this tree, copied and changed in a few places, so that there is one without any history: put first on
`PYTHONPATH`, it is what `vitrine` runs.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from recommender.artifact import FORMAT_VERSION
from recommender.records.tables import OLDEST_VERSION, SCHEMA_VERSION

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("recommender", "training", "api")
RELEASE: Final = "99.0"
"""The package's version."""
MARK: Final = "mood"
"""The name of what it leaves."""
CHANGES: Final[Mapping[str, Mapping[str, str]]] = {
    "recommender/records/tables.py": {
        f"SCHEMA_VERSION = {SCHEMA_VERSION}\n": f"SCHEMA_VERSION = {SCHEMA_VERSION + 1}\n",
        f"OLDEST_VERSION = {OLDEST_VERSION}\n": f"OLDEST_VERSION = {SCHEMA_VERSION}\n",
        '    Column("banner", Boolean, nullable=False),\n': (
            '    Column("banner", Boolean, nullable=False),\n    Column("mood", String(10), default="calm"),\n'
            '    Index("popups_mood", "shop", "mood"),\n'
        ),
        "ERASURES = Table(\n": 'MOODS = Table("moods", METADATA, _of_shop())\n\nERASURES = Table(\n',
    },
    "recommender/artifact.py": {
        f"FORMAT_VERSION: Final = {FORMAT_VERSION}\n": f"FORMAT_VERSION: Final = {FORMAT_VERSION + 1}\n",
    },
    "recommender/configuration.py": {
        "    training: TrainingConfiguration = TrainingConfiguration()\n": (
            "    training: TrainingConfiguration = TrainingConfiguration()\n    mood: str | None = None\n"
        ),
    },
    "recommender/events/rows.py": {
        '                "verified": self.verified,\n': (
            '                "verified": self.verified,\n                "mood": "calm",\n'
        ),
    },
    "recommender/retention/arm.py": {
        "person, self.expires, page, seen], PURPOSE": 'person, self.expires, page, seen, "calm"], PURPOSE',
    },
    "api/state/redis.py": {
        "orjson.dumps(row.told): row.timestamp": (
            'orjson.dumps([*row.told, *[None] * (KNOWN - len(row.told)), "calm"]): row.timestamp'
        ),
    },
}
"""By file: what stands there once, and what stands there then."""


def written(folder: Path) -> Path:
    """Write it below `folder`; returns what to put on `PYTHONPATH`."""
    place = folder / "next"
    for name in PACKAGES:
        shutil.copytree(ROOT / name, place / name)  # with what is compiled: that takes longer than all the rest
    for name, changes in CHANGES.items():
        text = (place / name).read_text("utf-8")
        for old, new in changes.items():
            assert text.count(old) == 1, f"{name} does not hold this once: {old}"
            text = text.replace(old, new)
        (place / name).write_text(text, "utf-8")
    about = place / f"vitrine-{RELEASE}.dist-info" / "METADATA"
    about.parent.mkdir()
    about.write_text(f"Metadata-Version: 2.1\nName: vitrine\nVersion: {RELEASE}\n")
    return place

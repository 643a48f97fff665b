from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from recommender.events.log import EventLog
from recommender.records import Records
from recommender.workspace import ShopFolder, Workspace
from training.demo.compact import LOG
from training.demo.shop import LAST_DAY, prepare_demo, shift

NOW = datetime(2025, 6, 15, 12, 0, tzinfo=UTC)
MEGABYTE = 1 << 20


class Trainer:
    """Trains nothing, and remembers when it was asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, _folder: ShopFolder, _records: Records, _now: datetime, _progress: object) -> str:
        self.calls += 1
        return f"version {self.calls}"


@pytest.mark.parametrize(
    ("today", "last_day"),
    [
        (date(2025, 6, 14), date(2025, 6, 13)),  # a Saturday: the log's last day is a Friday
        (date(2025, 6, 13), date(2025, 6, 6)),
        (date(2025, 6, 20), date(2025, 6, 13)),
    ],
)
def test_the_log_ends_within_the_week_before_today_on_its_own_weekday(today: date, last_day: date) -> None:
    assert LAST_DAY + shift(today) == last_day


def test_the_log_ships_small_and_with_its_attribution() -> None:
    assert LOG.stat().st_size < 4 * MEGABYTE
    assert "CC BY 4.0" in Path(LOG).with_name("ATTRIBUTION.md").read_text()


def test_preparing_again_changes_nothing(workspace: Workspace, records: Records) -> None:
    train = Trainer()
    first = prepare_demo(workspace, records, NOW, train=train)
    log = EventLog(workspace.shop("demo"))
    before, revision = log.fingerprint(), records.catalog.revision("demo")

    second = prepare_demo(workspace, records, NOW + timedelta(days=30), train=train)

    assert (first.imported.written, first.items) == (536_429, 3791)
    assert (second.imported.written, second.imported.unchanged, second.items) == (0, True, 3791)
    assert (log.fingerprint(), records.catalog.revision("demo")) == (before, revision)
    bounds = log.bounds()
    assert bounds is not None
    assert bounds[1].date() == date(2025, 6, 13)

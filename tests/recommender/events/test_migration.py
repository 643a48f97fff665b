"""An event log that an earlier version wrote is read and moved on as if this one had written it."""

import shutil
from pathlib import Path

from recommender.events.compaction import compact
from recommender.events.log import EventLog
from recommender.events.spooled import waiting
from recommender.replay.asked import Asked
from recommender.workspace import ShopFolder
from tests.conftest import NOW

FIXTURE = Path(__file__).parent / "version_1"
MOVED, MERGED = 17, 16
"""Events in Parquet, and of these in a merged file; one more view and a logged page wait in the spool."""


def test_merged_and_live_files_and_spools_are_read_once_each(shop: ShopFolder) -> None:
    """Before and after what waits is moved: notes of files tell what is in them."""
    shutil.copytree(FIXTURE, shop.path)
    before = EventLog(shop).scan().collect().sort("timestamp")
    assert before["event_id"].to_list() == [*(f"e{number}" for number in range(MOVED + 1)), "p1"]
    assert compact(shop, now=NOW).events == 2
    assert not waiting(shop).events
    assert EventLog(shop).scan().collect().sort("timestamp").equals(before)


def test_a_page_that_was_logged_is_asked_again(shop: ShopFolder) -> None:
    """With the visitor that the engine saw then."""
    shutil.copytree(FIXTURE, shop.path)
    [page] = [one.received.event for one in waiting(shop).events if one.received.event.event_id == "p1"]
    asked = Asked.read(page.extra, now=page.timestamp, visitor_id=page.visitor_id, customer_id=page.customer_id)
    assert [done.item_id for done in asked.visitor.history] == ["cup"]
    assert (asked.model, asked.configuration, asked.catalog) == ("20250601-abcdef01", 1, 2)
    assert [(one.experiment, one.variant, one.propensity) for one in asked.drawn] == [("e", "a", 0.5)]

"""What the service logs is what the report reads."""

from pathlib import Path

import anyio
import pytest

from recommender.events.compaction import compact
from recommender.events.log import EventLog
from tests.api.conftest import running
from tests.api.test_popups import arm, configure, show
from training.measuring.campaigns import campaigns
from training.measuring.groups import groups

pytestmark = pytest.mark.anyio


async def test_every_visitor_is_in_the_group_that_the_service_put_them_in(tmp_path: Path) -> None:
    async with running(tmp_path, holdout=0.5) as api:
        await api.put_items()
        await configure(api, {"id": "one"})
        pages = {visitor: await api.page("home", visitor_id=visitor) for visitor in "abcdefgh"}
        shown = {visitor: (await show(api, (await arm(api, "home", visitor))["one"]))["shown"] for visitor in pages}
        folder = api.services.workspace.shop("shop")
        await anyio.sleep(0.1)
        compact(folder, now=api.services.now(), leases=api.services.records.leases)
        log = EventLog(folder).scan()
    found = {(row["experiment"], row["visitor_id"]): row["variant"] for row in groups(log).iter_rows(named=True)}
    for visitor, page in pages.items():
        out = "held_out" in page["showcases"][0]
        assert found["showcases", visitor] == ("holdout" if out else "shown")
        assert found["campaign:one", visitor] == ("shown" if shown[visitor] else "holdout")
    (one,) = campaigns(log)
    assert (one["shown"], one["refused"]) == (sum(shown.values()), {"holdout": 8 - sum(shown.values())})

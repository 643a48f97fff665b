"""Learned weights in service: every process draws by them from the moment on at which they start."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from recommender.experiments.learned import Epoch
from recommender.tokens import read
from tests.api.conftest import Api, running
from tests.api.test_experiments import HELLO, PAGE, SHORTER, VISITORS, WORDS, slot, told
from tests.api.test_popups import START, Clock, arm, configure, show

pytestmark = pytest.mark.anyio

LEARN = {"learn": {"metric": "conversion", "floor": 0.05, "every": "day"}}
STARTS = START + timedelta(hours=1)
WEIGHTS = {"plain": 0.05, "short": 0.95}


async def config(api: Api) -> dict[str, Any]:
    return dict((await api.http.get("/v1/config", headers=api.secret)).json())


async def keep(api: Api, experiment: str, weights: dict[str, float]) -> None:
    """What `vitrine learn` keeps, and time for the service to see it."""
    assert api.services.records.weights.add("shop", experiment, Epoch(STARTS, weights))
    await anyio.sleep(0.2)


async def test_pages_are_drawn_by_learned_weights_from_their_start_on(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, now=clock) as api:
        await api.put_items()
        await configure(api, placements=[PAGE], experiments=[SHORTER | LEARN])
        await keep(api, "shorter", WEIGHTS)
        seen = Counter[tuple[str, float]]()
        for hours in (0, 1):
            clock.on(hours=hours)
            for visitor in VISITORS:
                token = read((await slot(api, visitor))["attribution_token"], api.signing_key)
                seen[str(token.variant), float(token.propensity or 0)] += 1
        rows = await told(api, "showcases_offered")
    assert set(seen) <= {("plain", 0.5), ("short", 0.5), ("plain", 0.05), ("short", 0.95)}
    assert seen["short", 0.95] > 10
    epochs = Counter(row["told"].get("epochs", {}).get("shorter") for row in rows)
    assert epochs == {None: 16, "2026-03-02T13:00Z": 16}
    late = [row["told"]["experiments"][0] for row in rows if "epochs" in row["told"]]
    assert {tuple(one) for one in late} <= {("shorter", "short", 0.95), ("shorter", "plain", 0.05)}


async def test_the_configuration_says_the_present_weights_and_their_source(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, now=clock) as api:
        await api.put_items()
        await configure(api, placements=[PAGE], experiments=[SHORTER])
        assert "learned" not in await config(api)
        await configure(api, placements=[PAGE], experiments=[SHORTER | LEARN])
        equal = {"weights": {"plain": 0.5, "short": 0.5}, "source": "document"}
        assert (await config(api))["learned"] == {"shorter": equal}
        await keep(api, "shorter", WEIGHTS)
        assert (await config(api))["learned"] == {"shorter": equal}
        clock.on(hours=1)
        found = await config(api)
        assert found["learned"] == {
            "shorter": {"weights": WEIGHTS, "source": "learned", "since": "2026-03-02T13:00:00+00:00"}
        }
        sent = await api.http.put("/v1/config", json=found, headers=api.secret)
        assert sent.status_code == 200, "what was read may be sent back"


async def test_popups_are_drawn_by_learned_weights_and_a_preview_says_so(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, now=clock) as api:
        await api.put_items()
        await configure(api, HELLO, experiments=[WORDS | LEARN])
        await keep(api, "words", {"plain": 0.95, "loud": 0.05})
        clock.on(hours=2)
        for visitor in VISITORS[:6]:
            answer = await show(api, (await arm(api, "home", visitor))["hello"])
            token = read(answer["attribution_token"], api.signing_key)
            assert token.propensity == {"plain": 0.95, "loud": 0.05}[str(token.variant)]
            assert (answer["content"]["headline"] == "HELLO") == (token.variant == "loud")
            query = {"visitor_id": visitor, "page_type": "home"}
            preview = (await api.http.get("/v1/popups/hello/preview", params=query, headers=api.secret)).json()
            assert preview["variant"] == token.variant
            assert (preview["drawn_by"]["source"], preview["drawn_by"]["weights"]["loud"]) == ("learned", 0.05)
        rows = await told(api, "promotion_offered")
        assert {row["told"]["epochs"]["words"] for row in rows} == {"2026-03-02T13:00Z"}

"""Who is erased is a stranger at once, in every process and to every model, and may begin anew."""

import asyncio
import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Timer

import psycopg
import pytest
import redis
from typer.testing import CliRunner

from api import tasks
from api.state.memory import MemoryState
from api.state.people import Person
from recommender.command import app
from recommender.errors import ConfigurationError
from recommender.forgetting import DUE
from recommender.models.histories import visitor_key
from tests import services
from tests.api import artifacts
from tests.api.conftest import Api, running
from tests.api.test_popups import Clock

pytestmark = pytest.mark.anyio

ITEMS = ("lamp", "cup", "sofa")
VIEW = {"event": "view_item", "item_id": "cup", "visitor_id": "v"}


def publish(api: Api, *keys: str) -> str:
    """A model in which these persons viewed and bought the lamp."""
    return artifacts.publish(api.artifacts, *ITEMS, **artifacts.people(*keys))


async def segment(api: Api) -> int:
    """How many browsers and accounts have ordered, as the model in service knows them."""
    asked = {"when": "orders >= 1"}
    found = (await api.http.post("/v1/segments/preview", json=asked, headers=api.secret)).json()
    return int(found["customers"]["meet"]) + int(found["visitors"]["meet"])


async def test_a_model_knows_an_erased_visitor_no_more_at_once(api: Api) -> None:
    version = publish(api, "visitor:v", "visitor:other")
    await tasks.refresh(api.services)
    assert (await api.seen("v"), await api.seen("other"), await segment(api)) == (["lamp"], ["lamp"], 2)

    await api.http.delete("/v1/visitors/v", headers=api.secret)

    assert (await api.seen("v"), await api.seen("other"), await segment(api)) == ([], ["lamp"], 1)
    await tasks.refresh(api.services)
    assert (await api.seen("v"), api.artifacts.current()) == ([], version)


async def test_what_a_model_says_of_the_browsers_of_an_erased_customer_goes_too(api: Api) -> None:
    """What they did in their account stands in the histories and the state of their browsers."""
    publish(api, "visitor:v", "customer:c", "visitor:other")
    await tasks.refresh(api.services)
    await api.tell({**VIEW, "customer_id": "c"}, secret=True)
    await api.http.delete("/v1/customers/c", headers=api.secret)
    assert (await api.seen("v"), await api.seen("other"), await segment(api)) == ([], ["lamp"], 1)


async def test_another_process_forgets_with_its_next_look(api: Api, tmp_path: Path) -> None:
    publish(api, "visitor:v")
    async with running(tmp_path, keys=api.keys, refresh_seconds=3600) as other:
        for one in (api, other):
            await tasks.refresh(one.services)
            await one.tell(VIEW)
        assert await other.seen("v") == ["cup", "lamp"]
        await api.http.delete("/v1/visitors/v", headers=api.secret)
        await tasks.refresh(other.services)
        assert await other.seen("v") == []
        await tasks.refresh(other.services)
        await other.tell({**VIEW, "item_id": "sofa"})
        await tasks.refresh(other.services)
        assert await other.seen("v") == ["sofa"]
        await api.http.delete("/v1/visitors/v", headers=api.secret)
        await tasks.refresh(other.services)
        assert await other.seen("v") == []


async def test_a_model_that_comes_before_the_files_are_written_anew_does_not_bring_them_back(api: Api) -> None:
    await api.http.delete("/v1/visitors/v", headers=api.secret)
    publish(api, "visitor:v", "visitor:other")
    await tasks.refresh(api.services)
    assert (await api.seen("v"), await api.seen("other")) == ([], ["lamp"])


async def test_the_same_id_begins_a_new_life(tmp_path: Path) -> None:
    """What comes later counts, at once from the state; models know it once the old files are gone."""
    clock = Clock()
    async with running(tmp_path, now=clock, refresh_seconds=3600) as api:
        await api.put_items()
        old = publish(api, "visitor:v")
        await tasks.refresh(api.services)
        await api.http.delete("/v1/visitors/v", headers=api.secret)
        await api.tell(VIEW)
        assert await api.seen("v") == ["cup"]
        clock.on(seconds=DUE.total_seconds() - 1)
        await tasks.forget_all(api.services)
        assert api.artifacts.versions() == [old]
        clock.on(seconds=1)
        await tasks.forget_all(api.services)
        assert old not in api.artifacts.versions()
        publish(api, "visitor:v", "visitor:w")
        await tasks.refresh(api.services)
        assert await api.seen("v") == ["cup", "lamp"]


async def test_the_stand_in_of_a_shared_state_forgets_too(api: Api) -> None:
    state = api.services.state
    assert isinstance(state, MemoryState)
    await api.tell(VIEW, {**VIEW, "visitor_id": "w"})
    erased = api.services.records.erasures.add("shop", [visitor_key("v")], api.services.now())
    await state.forget("other", erased)
    assert await api.seen("v") == ["cup"]
    await state.forget("shop", erased)
    assert (await api.seen("v"), await api.seen("w")) == ([], ["cup"])
    assert Person.visitor("v").key == visitor_key("v")


class TestCommand:
    """`vitrine erase`."""

    def run(self, api: Api, *arguments: str, **settings: str) -> dict[str, object]:
        env = {"VITRINE_HOME": str(api.services.settings.home), **settings}
        given = ["erase", "--shop", "shop", *arguments, "--json"]
        result = CliRunner().invoke(app, given, env=env, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return dict(json.loads(result.stdout.splitlines()[-1]))  # the service in this process may log meanwhile

    async def test_it_erases_lists_who_waits_and_writes_models_anew(self, api: Api) -> None:
        old = publish(api, "visitor:v", "visitor:other")
        await tasks.refresh(api.services)
        await api.tell(VIEW)
        first = await asyncio.to_thread(self.run, api, "--visitor", "v")
        await tasks.refresh(api.services)
        assert first["erased"] == {"visitor_id": "v", "events": 1}
        assert await api.seen("v") == []
        [waiting] = first["pending"]  # type: ignore[misc]
        assert set(waiting) == {"person", "erased_at", "rewritten_by"}
        assert "v" not in waiting.values()
        listed = await asyncio.to_thread(self.run, api)
        assert (listed["erased"], listed["pending"]) == (None, [waiting])

        done = await asyncio.to_thread(self.run, api, "--now")

        assert done["pending"] == []
        assert done["rewritten"] == {"persons": 1, "models": {old: api.artifacts.current()}}
        await tasks.refresh(api.services)
        assert (await api.seen("v"), await api.seen("other")) == ([], ["lamp"])

    async def test_it_tells_people_in_words(self, api: Api) -> None:
        home, arguments = str(api.services.settings.home), ["erase", "--shop", "shop", "--customer", "c"]
        publish(api, "customer:c")
        told = await asyncio.to_thread(CliRunner().invoke, app, arguments, env={"VITRINE_HOME": home})
        assert "erased, with 0 rows of events" in told.output
        assert "at the latest" in told.output
        done = await asyncio.to_thread(CliRunner().invoke, app, [*arguments[:3], "--now"], env={"VITRINE_HOME": home})
        assert "no model holds anybody who was erased" in done.output

    async def test_nothing_is_erased_while_the_shared_state_is_away(self, api: Api) -> None:
        """What waits for it would end with the command."""
        env = {"VITRINE_HOME": str(api.services.settings.home), "VITRINE_REDIS_URL": "redis://127.0.0.1:1/0"}
        await api.tell(VIEW)
        arguments = ["erase", "--shop", "shop", "--visitor", "v"]
        told = await asyncio.to_thread(CliRunner().invoke, app, arguments, env=env)
        assert isinstance(told.exception, ConfigurationError)
        assert "nothing was erased" in str(told.exception)
        assert await api.seen("v") == ["cup"]

    @pytest.mark.redis
    async def test_it_waits_for_a_redis_that_is_slower_than_answers_may_be(
        self, tmp_path: Path, redis_url: str
    ) -> None:
        """Nothing would be told to Redis later: what waits for it would end with the command."""
        settings = {"VITRINE_REDIS_URL": redis_url, "VITRINE_REDIS_TIMEOUT": "0.1"}
        async with running(tmp_path, redis_url=redis_url) as api:
            await api.put_items()
            await api.tell(VIEW)
            with closing(redis.Redis.from_url(redis_url)) as server:
                server.client_pause(500)
            await asyncio.to_thread(self.run, api, "--visitor", "v", **settings)
            assert await api.seen("v") == []

    @pytest.mark.postgres
    async def test_it_waits_for_a_database_that_is_slower_than_answers_may_be(
        self, tmp_path: Path, postgres_url: str
    ) -> None:
        url = services.new_database(postgres_url, "erasing_slowly")
        async with running(tmp_path, database_url=url) as api:
            await api.put_items()
            await api.tell(VIEW)
            with psycopg.connect(url) as other:
                other.execute("LOCK TABLE popups IN ACCESS EXCLUSIVE MODE")
                free = Timer(1.2, other.rollback)
                free.start()
                settings = {"VITRINE_DATABASE_URL": url, "VITRINE_DATABASE_TIMEOUT": "0.2"}
                told = await asyncio.to_thread(self.run, api, "--visitor", "v", **settings)
                free.join()
            assert told["erased"] == {"visitor_id": "v", "events": 1}


async def test_tombstones_go_with_technical_rows(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, now=clock, refresh_seconds=3600) as api:
        await api.http.delete("/v1/visitors/v", headers=api.secret)
        clock.on(hours=13)
        await tasks.forget_all(api.services)
        assert api.services.records.erasures.since("shop", clock.now - timedelta(days=1))
        clock.on(days=91)
        await tasks.forget_all(api.services)
        assert not api.services.records.erasures.since("shop", clock.now - timedelta(days=400))

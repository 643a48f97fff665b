"""`/v1/config`."""

from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from api.state.people import Versions
from recommender.records.configurations import Configurations
from tests.api.conftest import Api, running

pytestmark = pytest.mark.anyio

ONE = {"placements": [{"id": "mine", "page_types": ["home"], "strategy": "trending", "limit": 3}]}


async def put(api: Api, document: Any, *, version: str | None = None, **query: str) -> Response:
    headers = {**api.secret, **({"If-Match": version} if version else {})}
    return await api.http.put("/v1/config", json=document, headers=headers, params=query)


async def placements(api: Api) -> list[str]:
    return [showcase["placement"] for showcase in (await api.page("home"))["showcases"]]


async def test_a_new_shop_begins_with_the_defaults(api: Api) -> None:
    response = await api.http.get("/v1/config", headers=api.secret)
    assert (response.json()["version"], response.headers["etag"]) == (0, '"0"')
    assert "product-similar" in {placement["id"] for placement in response.json()["placements"]}


async def test_a_change_is_in_the_next_answer(api: Api) -> None:
    response = await put(api, ONE, version='"0"')
    assert (response.status_code, response.json()["version"]) == (200, 1)
    assert await placements(api) == ["mine"]


async def test_a_trial_changes_nothing(api: Api) -> None:
    response = await put(api, ONE, dry_run="true")
    assert (response.status_code, response.json()["version"], response.json()["dry_run"]) == (200, 0, True)
    assert "mine" not in await placements(api)


async def test_what_was_read_can_be_sent_back(api: Api) -> None:
    document = (await api.http.get("/v1/config", headers=api.secret)).json()
    assert (await put(api, document, version='"0"')).status_code == 200


async def test_a_change_by_somebody_else_is_not_overwritten(api: Api) -> None:
    await put(api, ONE)
    response = await put(api, {}, version='"0"')
    assert (response.status_code, response.json()["field"]) == (412, "If-Match")
    assert await placements(api) == ["mine"]


async def test_a_version_that_is_none_is_refused(api: Api) -> None:
    assert (await put(api, ONE, version='"latest"')).status_code == 400


async def test_a_configuration_of_a_newer_vitrine_leaves_the_last_one_that_is_understood(tmp_path: Path) -> None:
    """It is read once, not for every answer, and told as it was written."""
    newer: dict[str, Any] = {"placements": [], "greeting": "hello"}
    async with running(tmp_path, refresh_seconds=3600) as api:
        await put(api, ONE)
        configurations = api.services.records.configurations
        for version in (2, 3):
            assert configurations.put("shop", newer) == version
        await api.services.state.announce("shop", Versions(configuration=3))
        assert await placements(api) == ["mine"]
        asked = watched(configurations)
        assert await placements(api) == ["mine"]
        assert asked == []
        ready = (await api.http.get("/readyz")).json()
        assert (ready["ready"], ready["degraded"]) == (True, True)
        problem = ready["shops"]["shop"]["problems"]["configuration"]
        assert problem.startswith("version 3 is refused, 1 stays in service: greeting")
        told = await api.http.get("/v1/config", headers=api.secret)
        assert (told.json(), told.headers["etag"]) == ({"version": 3, **newer}, '"3"')
    async with running(tmp_path, keys=api.keys, refresh_seconds=3600) as again:
        assert await placements(again) == ["mine"]
        assert "1 stays in service" in (await again.http.get("/readyz")).text
        await put(again, {**ONE, "placements": [{**ONE["placements"][0], "id": "ours"}]}, version='"3"')
        assert await placements(again) == ["ours"]
        assert (await again.http.get("/readyz")).json()["degraded"] is False


def watched(configurations: Configurations) -> list[str]:
    """The shops whose configuration is read from now on."""
    asked: list[str] = []
    get = configurations.get

    def watching(shop: str) -> tuple[int, dict[str, Any]]:
        asked.append(shop)
        return get(shop)

    configurations.get = watching  # type: ignore[method-assign]
    return asked


RULED: dict[str, Any] = {
    **ONE,
    "rules": [
        {"id": "recalled", "exclude": {"item_ids": ["cup"]}},
        {"id": "hero", "placements": ["mine"], "pin": {"sofa": 1, "cup": 2}},
        {"id": "mixed", "ends": "2999-01-01T00:00:00+01:00", "max_per": {"category": 1}},
    ],
}


async def shown(api: Api) -> list[str]:
    return [item["item_id"] for item in (await api.page("home"))["showcases"][0]["items"]]


async def test_rules_are_kept_as_they_were_sent_and_followed_at_once(api: Api) -> None:
    assert (await put(api, RULED)).json()["rules"] == RULED["rules"]
    assert (await api.http.get("/v1/config", headers=api.secret)).json()["rules"] == RULED["rules"]
    items = await shown(api)
    assert (items[0], len(items), "cup" in items) == ("sofa", 3, False)
    assert "cup" not in await api.recommend("best_sellers", limit=10)


async def test_a_trial_of_rules_follows_none(api: Api) -> None:
    await put(api, ONE)
    before = await shown(api)
    response = await put(api, RULED, dry_run="true")
    assert (response.status_code, response.json()["rules"]) == (200, RULED["rules"])
    assert await shown(api) == before


async def test_rules_that_were_read_can_be_sent_back(api: Api) -> None:
    await put(api, RULED)
    document = (await api.http.get("/v1/config", headers=api.secret)).json()
    response = await put(api, document, version='"1"')
    assert (response.status_code, response.json()["rules"]) == (200, RULED["rules"])


async def test_a_page_explains_which_rules_touched_an_item(api: Api) -> None:
    await put(api, RULED)
    first = (await api.page("home", explain=True))["showcases"][0]["items"][0]
    assert (first["source"], first["reason"]) == ("pin", "Our pick")
    assert first["explanation"]["rules"] == [{"rule": "hero", "action": "pin", "place": 1}]


@pytest.mark.parametrize("dry_run", ["true", "false"])
@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"placements": [{**ONE["placements"][0], "strategy": "magic"}]}, "placements[0].strategy"),
        ({"placements": [{**ONE["placements"][0], "limit": 0}]}, "placements[0].limit"),
        ({"placements": [{**ONE["placements"][0], "diversity": 2}]}, "placements[0].diversity"),
        ({"placements": [{**ONE["placements"][0], "filter": {"price": {"least": 1}}}]}, "placements[0].filter.price"),
        ({"rules": [{"id": "a", "only": {"cost": 1}}]}, "rules[0].only.cost"),
        ({"rules": [{"id": "a", "boost": {"filter": {"brand": "b"}, "factor": 0}}]}, "rules[0].boost.factor"),
        ({"rules": [{"id": "a", "placements": ["nowhere"], "pin": {"cup": 1}}]}, "rules[0].placements[0]"),
        ({"rules": [{"id": "a", "pin": {"cup": 1}}, {"id": "a", "pin": {"cup": 1}}]}, "rules[1].id"),
        ({"colour": "red"}, "colour"),
        ([], "configuration"),
    ],
)
async def test_the_field_that_is_wrong_is_named(api: Api, document: Any, field: str, dry_run: str) -> None:
    response = await put(api, document, dry_run=dry_run)
    assert (response.status_code, response.json()["field"]) == (422, field)

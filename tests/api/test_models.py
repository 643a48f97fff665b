"""Models: listed, published, reloaded, refused."""

import json
import threading
from pathlib import Path

import anyio
import pytest

from recommender.artifact import FORMAT_VERSION, MANIFEST, OLDEST_FORMAT
from tests.api.artifacts import add, publish, publish_newer
from tests.api.conftest import Api, running
from tests.services import wait_until

pytestmark = pytest.mark.anyio


async def version(api: Api) -> str:
    return str((await api.page("home"))["model_version"])


async def eventually(api: Api, expected: str) -> None:
    with anyio.fail_after(20):
        while await version(api) != expected:
            await anyio.sleep(0.02)


def damage(path: Path) -> None:
    file = path / "models.json"
    file.write_bytes(file.read_bytes()[:-1])


async def test_a_shop_without_a_model_still_answers(api: Api) -> None:
    assert await version(api) == "none"
    assert len(await api.recommend("for_you", visitor_id="v")) == len("12345")


async def test_versions_are_listed_with_what_they_are_worth(api: Api) -> None:
    first, second = publish(api.artifacts, "cup"), add(api.artifacts, "cup", "plate").version
    response = await api.http.get("/v1/models", headers=api.secret)
    listed = {one["version"]: one for one in response.json()["versions"]}
    assert (response.json()["current"], listed[first]["current"], listed[second]["current"]) == (first, True, False)
    assert listed[second]["metrics"] == {"recall@20": 0.25}


async def test_publishing_switches_the_next_answer(api: Api) -> None:
    new = add(api.artifacts, "cup", "plate").version
    response = await api.http.post(f"/v1/models/{new}/publish", headers=api.secret)
    assert response.json() == {"current": new, "in_service": new}
    assert await version(api) == new


async def test_an_unknown_model_is_not_found(api: Api) -> None:
    response = await api.http.post("/v1/models/20200101-00000000/publish", headers=api.secret)
    assert (response.status_code, response.json()["field"]) == (404, "version")


async def test_a_damaged_model_is_not_published(api: Api) -> None:
    good = publish(api.artifacts, "cup")
    await eventually(api, good)
    bad = add(api.artifacts, "cup", "plate")
    damage(bad.path)
    response = await api.http.post(f"/v1/models/{bad.version}/publish", headers=api.secret)
    assert (response.status_code, "models.json" in response.json()["detail"]) == (409, True)
    assert await version(api) == good


async def test_what_another_process_publishes_is_picked_up(api: Api) -> None:
    await eventually(api, publish(api.artifacts, "cup"))
    await eventually(api, publish(api.artifacts, "cup", "plate"))


async def test_a_damaged_model_leaves_the_old_one_in_service_and_readiness_says_so(api: Api) -> None:
    good = publish(api.artifacts, "cup")
    await eventually(api, good)
    bad = add(api.artifacts, "cup", "plate")
    damage(bad.path)
    (api.artifacts.folder / "current").write_text(bad.version)
    with anyio.fail_after(20):
        while not (ready := (await api.http.get("/readyz")).json())["degraded"]:
            await anyio.sleep(0.02)
    assert (ready["ready"], await version(api)) == (True, good)
    assert "models.json" in ready["shops"]["shop"]["problems"]["model"]


async def test_a_switch_back_from_a_damaged_model_is_no_problem_any_more(api: Api) -> None:
    good = publish(api.artifacts, "cup")
    await eventually(api, good)
    bad = add(api.artifacts, "cup", "plate")
    damage(bad.path)
    for current, degraded in ((bad.version, True), (good, False)):
        (api.artifacts.folder / "current").write_text(current)
        with anyio.fail_after(20):
            while (await api.http.get("/readyz")).json()["degraded"] is not degraded:
                await anyio.sleep(0.02)


async def test_after_a_start_the_last_good_model_answers_for_a_damaged_one(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        good, bad = publish(api.artifacts, "cup"), add(api.artifacts, "cup", "plate")
        damage(bad.path)
        (api.artifacts.folder / "current").write_text(bad.version)
    async with running(tmp_path, keys=api.keys) as again:
        assert await version(again) == good
        shop = (await again.http.get("/readyz")).json()["shops"]["shop"]
        assert shop["problems"]["model"].startswith(f"{bad.version} is refused, {good} stays in service")


async def test_a_model_of_a_newer_format_leaves_the_old_one_in_service_also_after_a_start(tmp_path: Path) -> None:
    """So it is for processes that an update has not reached, or that it was taken back from."""
    async with running(tmp_path) as api:
        good = publish(api.artifacts, "cup")
        await eventually(api, good)
        newer = publish_newer(api.artifacts, "cup", "plate")
        add(api.artifacts, "cup", "sofa")  # never published
        with anyio.fail_after(20):
            while not (ready := (await api.http.get("/readyz")).json())["degraded"]:
                await anyio.sleep(0.02)
        assert (ready["ready"], await version(api)) == (True, good)
        problem = ready["shops"]["shop"]["problems"]["model"]
        assert problem.startswith(f"{newer} is refused, {good} stays in service")
        assert problem.endswith(f"is of a newer Vitrine; this one reads {FORMAT_VERSION}")
    async with running(tmp_path, keys=api.keys) as again:
        assert await version(again) == good
        assert (await again.http.get("/readyz")).json()["shops"]["shop"]["problems"]["model"] == problem
        listed = (await again.http.get("/v1/models", headers=again.secret)).json()
        assert {one["version"]: one.get("problem") for one in listed["versions"]}[newer] in problem


@pytest.mark.parametrize("older", range(1, OLDEST_FORMAT))
async def test_over_a_model_of_an_older_format_fallbacks_answer_and_readiness_says_what_to_do(
    tmp_path: Path, older: int
) -> None:
    """Such is every first start after an update that changed the format."""
    async with running(tmp_path) as api:
        await api.put_items()
        old = publish(api.artifacts, "cup")
        manifest = api.artifacts.path(old) / MANIFEST
        manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format_version": older}))
    async with running(tmp_path, keys=api.keys) as again:
        assert await version(again) == "none"
        assert len(await again.recommend("for_you", visitor_id="v")) == len("12345")
        ready = await again.http.get("/readyz")
        assert (ready.status_code, ready.json()["ready"], ready.json()["degraded"]) == (200, True, True)
        problem = ready.json()["shops"]["shop"]["problems"]["model"]
        assert problem.startswith(f"{old} is refused, none stays in service")
        assert problem.endswith(f"reads {FORMAT_VERSION}: train again with `vitrine train`")


async def test_a_large_model_found_damaged_later_is_taken_out_of_service(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = publish(api.artifacts, "cup")
    await eventually(api, good)
    monkeypatch.setattr("recommender.artifact.COMPARED_AT_ONCE", 0)
    monkeypatch.setattr("recommender.sealing.SMALL_FILE", 0)
    monkeypatch.setattr("api.shops.COMPARE_AFTER_SECONDS", 0.1)
    bad = add(api.artifacts, "cup", "plate")
    file = bad.path / "popularity" / "views.npy"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    (api.artifacts.folder / "current").write_text(bad.version)

    with anyio.fail_after(20):
        while not (ready := (await api.http.get("/readyz")).json())["degraded"]:
            await anyio.sleep(0.02)

    assert "views.npy is damaged" in ready["shops"]["shop"]["problems"]["model"]
    assert (ready["ready"], await version(api)) == (True, good)


async def test_no_request_fails_while_models_change(api: Api) -> None:
    ids = ["lamp", "bulb", "cup", "plate", "sofa"]
    stop = threading.Event()
    published: list[str] = []
    versions: list[str] = []

    def keep_publishing() -> None:
        try:
            for size in range(1, len(ids) + 1):
                published.append(publish(api.artifacts, *ids[:size]))
                wait_until(lambda: versions[-1:] == published[-1:])
        finally:
            stop.set()

    thread = threading.Thread(target=keep_publishing)
    thread.start()
    while not stop.is_set():
        versions.append(await version(api))  # raises for every answer but 200
        await anyio.sleep(0)
    thread.join()
    assert set(versions) - {"none"} == {*published}

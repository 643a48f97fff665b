"""`vitrine backup` and `vitrine restore`, beside a running service."""

import json
from pathlib import Path

import pytest

from api.commands import backup as commands
from recommender.artifact import artifacts
from recommender.errors import ConflictError, StoreError
from recommender.objects import Objects
from recommender.workspace import Workspace
from tests.api.artifacts import publish
from tests.api.conftest import Api, running
from training.commands.models import share

pytestmark = pytest.mark.anyio


async def answers(api: Api) -> list[bytes]:
    similar = await api.http.get("/v1/similar/cup", headers=api.public)
    asked = {"requests": [{"strategy": name, "visitor_id": "v"} for name in ("for_you", "recently_viewed", "trending")]}
    given = await api.http.post("/v1/recommendations", json=asked, headers=api.public | {"X-Request-Id": "same"})
    assert (similar.status_code, given.status_code) == (200, 200)
    results = [{**result, "attribution_token": ""} for result in given.json()["results"]]  # it tells the time
    return [similar.content, json.dumps(results).encode()]


@pytest.mark.parametrize("shared", [False, True], ids=["models at home", "models in a store"])
async def test_a_shop_answers_the_same_after_it_was_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shared: bool
) -> None:
    """Byte by byte, with its own keys, events that were acknowledged a moment before included."""
    here, there, archive = tmp_path / "here", tmp_path / "there", tmp_path / "shop.backup"
    monkeypatch.delenv("VITRINE_DATABASE_URL", raising=False)
    stores = {place: f"file://{tmp_path}/{place.name}-store" if shared else None for place in (here, there)}
    async with running(here, store=stores[here]) as api:
        await api.put_items()
        version = publish(api.artifacts, "cup", "lamp", "plate")
        await api.http.post(f"/v1/models/{version}/publish", headers=api.secret)
        await api.tell(*({"event": "view_item", "item_id": id_, "visitor_id": "v"} for id_ in ("lamp", "sofa")))
        before = await answers(api)
        _at(monkeypatch, here, stores[here])
        commands.backup("shop", archive, as_json=True)
        assert json.loads(capsys.readouterr().out.splitlines()[-1])["model_version"] == version
    _at(monkeypatch, there, stores[there])
    commands.restore(archive, as_json=True)
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["shop"], told["model_version"], "secret_key" in told) == ("shop", version, False)
    async with running(there, keys=api.keys, store=stores[there]) as again:
        assert await answers(again) == before
    with pytest.raises(ConflictError, match=r"is not empty \(.*models"):
        commands.restore(archive)


def _at(monkeypatch: pytest.MonkeyPatch, home: Path, store: str | None) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(home))
    if store is not None:
        monkeypatch.setenv("VITRINE_STORE", store)


async def test_models_that_could_not_be_put_back_can_be_brought_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, store = tmp_path / "shop.backup", f"file://{tmp_path}/store"
    _at(monkeypatch, tmp_path / "here", None)
    async with running(tmp_path / "here") as api:
        version = publish(api.artifacts, "cup")
        commands.backup("shop", archive)
    _at(monkeypatch, tmp_path / "there", store)
    with monkeypatch.context() as away:
        away.setattr(Objects, "upload", lambda *_: (_ for _ in ()).throw(StoreError("it is away")))
        with pytest.raises(StoreError, match=r"shop is restored, and `vitrine models share --shop shop` .*it is away"):
            commands.restore(archive)
    share("shop")
    assert artifacts(Workspace(tmp_path / "there", store).shop("shop")).current() == version


async def test_a_copy_prints_its_keys(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are shown once, as those of a new shop."""
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    commands.backup("shop", tmp_path / "file")
    commands.restore(tmp_path / "file", shop="copy")
    key = capsys.readouterr().out.split("public key: ")[1].split()[0]
    assert (await api.http.get("/v1/similar/cup", headers={"X-Vitrine-Key": key})).status_code == 200

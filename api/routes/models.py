"""A shop's models: what there is, and which one answers."""

import asyncio
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.documentation import SECRET, documented
from api.problems import Problem
from api.routes.direct import Direct
from api.services import services
from api.shops import LiveShop
from api.state.people import Versions
from recommender.errors import ArtifactError
from recommender.events.locking import held
from recommender.workspace import ShopFolder

router = APIRouter(route_class=Direct, tags=["models"])


@router.get("/v1/models", **documented("list_models", security=SECRET))
async def list_models(request: Request) -> Response:
    """Every version with its data, its metrics and what each strategy is worth; newest last."""
    parts = services(request)
    caller = await parts.keys.secret(request)
    live = await parts.shops.get(caller.shop.name)
    return answer(await asyncio.to_thread(_listed, live))


@router.post("/v1/models/{version}/publish", **documented("publish_model", security=SECRET, also=[404, 409]))
async def publish_model(request: Request) -> Response:
    """Put a version into service; requests that are being answered keep the one they began with."""
    parts = services(request)
    caller = await parts.keys.secret(request)
    live = await parts.shops.get(caller.shop.name)
    version = request.path_params["version"]
    if version not in await asyncio.to_thread(live.artifacts.versions):
        raise Problem(404, "not-found", f"there is no model {version!r}", field="version")
    try:
        await asyncio.to_thread(_published, parts.workspace.shop(caller.shop.name), live, version)
    except ArtifactError as error:
        raise Problem(409, "artifact", str(error), field="version") from None
    await asyncio.to_thread(live.read_model)
    await parts.state.announce(caller.shop.name, Versions(model=version))
    return answer({"current": version, "in_service": live.view.version})


def _published(folder: ShopFolder, live: LiveShop, version: str) -> None:
    with held(folder.artifacts_lock):  # nobody writes versions anew meanwhile, without those who were erased
        live.artifacts.publish(version)


def _listed(live: LiveShop) -> dict[str, Any]:
    current = live.artifacts.current()
    return {
        "current": current,
        "in_service": live.view.version,
        "versions": [_described(live, version, current) for version in live.artifacts.versions()],
    }


def _described(live: LiveShop, version: str, current: str | None) -> dict[str, Any]:
    known: dict[str, Any] = {"version": version, "current": version == current}
    try:
        manifest = live.artifacts.manifest(version)
    except ArtifactError as error:
        return {**known, "problem": str(error)}
    return {
        **known,
        **manifest.model_dump(mode="json", include={"data_start", "data_end", "metrics", "counts", "strategies"}),
    }

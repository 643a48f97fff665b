"""`vitrine models`: which models a shop has, and which of them is in service."""

from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.table import Table

from recommender.artifact import Artifact, ArtifactStore, artifacts
from recommender.errors import ArtifactError, ConfigurationError
from recommender.events.locking import held
from recommender.strategy import State
from recommender.workspace import ShopFolder
from training.commands.results import console, print_json
from training.settings import Settings

app = typer.Typer(no_args_is_help=True, help="List, publish and roll back a shop's models.")

Shop = Annotated[str, typer.Option(help="The shop.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


@app.command("list")
def list_models(shop: Shop, as_json: AsJson = False) -> None:
    """List a shop's models, the oldest data first."""
    _, store = _opened(shop)
    current = store.current()
    models = [_described(store, version, current) for version in store.versions()]
    if as_json:
        print_json({"shop": shop, "current": current, "models": models})
        return
    table = Table(title=f"Models of {shop}", title_justify="left")
    for heading in ("version", "in service", "trained", "data until", "ready", "items", "problem"):
        table.add_column(heading)
    for model in models:
        ready = sum(found["state"] == State.READY for found in model["strategies"].values())
        table.add_row(
            model["version"],
            "yes" if model["current"] else "",
            model["trained_at"][:16],
            str(model["data_end"] or "")[:16],
            f"{ready} of {len(model['strategies'])} strategies",
            str(model["counts"].get("items", "")),
            model["problem"] or "",
        )
    console().print(table if models else f"{shop} has no models yet; make one with: vitrine train --shop {shop}")


@app.command()
def publish(
    version: Annotated[str, typer.Argument(help="A version that `vitrine models list` shows.")],
    shop: Shop,
    as_json: AsJson = False,
) -> None:
    """Put a model in service, after verifying every file of it."""
    _put(shop, lambda store: store.publish(version), as_json)


@app.command()
def rollback(shop: Shop, as_json: AsJson = False) -> None:
    """Put back the model that was in service before."""
    _put(shop, ArtifactStore.rollback, as_json)


@app.command()
def share(shop: Shop, as_json: AsJson = False) -> None:
    """Move a shop's models from VITRINE_HOME to VITRINE_STORE: once, after a store was named for the first time."""
    if Settings().store is None:
        raise ConfigurationError("VITRINE_STORE is not set; name the store that the models shall go to")
    folder, store = _opened(shop)
    with held(folder.artifacts_lock):
        moved = store.adopt(ArtifactStore(folder.artifacts))
    if as_json:
        print_json({"shop": shop, "moved": moved, "current": store.current()})
    else:
        console().print(f"{len(moved)} models of {shop} were moved to the store.", highlight=False)


def _opened(shop: str) -> tuple[ShopFolder, ArtifactStore]:
    settings = Settings()
    records = settings.records()
    try:
        records.shops.get(shop)
    finally:
        records.close()
    folder = settings.workspace().shop(shop)
    return folder, artifacts(folder, settings.least_recall)


def _described(store: ArtifactStore, version: str, current: str | None) -> dict[str, Any]:
    written = store.trained_at(version).isoformat()
    known = {"version": version, "current": version == current, "trained_at": written}
    try:
        manifest = store.manifest(version).model_dump(mode="json", exclude={"files", "version"})
    except ArtifactError as error:
        return {**known, "data_end": None, "strategies": {}, "counts": {}, "problem": str(error)}
    return {**known, **manifest, "problem": None}


def _put(shop: str, into_service: Callable[[ArtifactStore], Artifact], as_json: bool) -> None:
    folder, store = _opened(shop)
    with held(folder.artifacts_lock):
        artifact = into_service(store)
    if as_json:
        print_json({"shop": shop, "current": artifact.version, "history": store.history()})
    else:
        console().print(f"{artifact.version} is in service for {shop}.", highlight=False)

"""`vitrine erase`: forget a visitor or a customer, and write models anew without them."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from api.bootstrap import Services, build
from api.erasing import Kept, erase_person
from api.settings import Settings
from api.state.clients import FAILURES
from api.state.people import Person
from recommender.errors import ConfigurationError
from recommender.forgetting import DUE, rewrite
from recommender.periods import enforce

WITHIN = 2 * DUE


def erase(
    shop: Annotated[str, typer.Option(help="The shop.")],
    visitor: Annotated[str | None, typer.Option(help="Id of the browser to be forgotten.")] = None,
    customer: Annotated[str | None, typer.Option(help="Id of the account to be forgotten.")] = None,
    now: Annotated[
        bool, typer.Option("--now", help="Write models anew now, and drop what was kept long enough.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for machines.")] = False,
) -> None:
    """Erase a person at once, or list who waits for models without them; a running service writes these in 24 hours.

    A running service honours it within VITRINE_REFRESH_SECONDS.
    """
    parts = build(Settings.load(), serves=False)
    try:
        parts.records.shops.get(shop)
        people = [Person.visitor(visitor)] if visitor else []
        people += [Person.customer(customer)] if customer else []
        told = asyncio.run(_erase(parts, shop, people, now=now))
    finally:
        parts.records.close()
    if as_json:
        typer.echo(json.dumps(told))
        return
    _tell(told)


async def _erase(parts: Services, shop: str, people: list[Person], *, now: bool) -> dict[str, Any]:
    kept, moment = Kept(parts.state, parts.records, parts.workspace.shop(shop)), parts.now()
    try:
        if people:
            with _reaching("nothing was erased"):
                await parts.state.ping()
        erased = {f"{one.kind}_id": one.id for one in people}
        with _reaching("not everything was erased, so erase again"):
            events = sum([await erase_person(kept, one, moment) for one in people])
    finally:
        await parts.state.close()
    told: dict[str, Any] = {"shop": shop, "erased": {**erased, "events": events} if people else None}
    if now:
        told["rewritten"] = asdict(rewrite(kept.folder, parts.records, moment))
        told["dropped"] = asdict(enforce(kept.folder, parts.records, parts.settings.periods(), moment))
    waiting = parts.records.erasures.waiting(shop)
    return told | {"pending": [_shown(person, erased_at) for person, erased_at in waiting.items()]}


def _shown(person: str, erased_at: datetime) -> dict[str, str]:
    by = erased_at + WITHIN
    return {"person": person, "erased_at": erased_at.isoformat(), "rewritten_by": by.isoformat()}


@contextmanager
def _reaching(otherwise: str) -> Iterator[None]:
    """Say what came of it where the shared state is away."""
    try:
        yield
    except FAILURES as error:
        raise ConfigurationError(
            f"VITRINE_REDIS_URL: the visitors' state cannot be reached, and {otherwise}: {error}"
        ) from None


def _tell(told: dict[str, Any]) -> None:
    if told["erased"]:
        typer.echo(f"erased, with {told['erased']['events']} rows of events")
    for old, new in told.get("rewritten", {}).get("models", {}).items():
        typer.echo(f"{old} is {new or 'deleted: it could not be read'}")
    for one in told["pending"]:
        typer.echo(f"{one['person']}  erased {one['erased_at']}, in models until {one['rewritten_by']} at the latest")
    if not told["pending"]:
        typer.echo("no model holds anybody who was erased")

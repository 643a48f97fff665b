"""A shop's configuration: one document with a version."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.documentation import SECRET, documented
from api.problems import Problem, unusable
from api.routes.direct import Direct
from api.sent import Sent
from api.services import services
from api.state.people import Versions
from api.validation import json_body, parse_query
from recommender.configuration import Configuration
from recommender.errors import ConfigurationError, ConflictError
from recommender.experiments.learned import Learned, drawn_by
from recommender.records import Records

TOLD = frozenset({"version", "learned"})
"""What an answer says beside the document; a document that is sent back may hold it."""

LONGEST_VERSION = 18
"""Digits."""

router = APIRouter(route_class=Direct, tags=["configuration"])


class PutQuery(Sent):
    """Query of `PUT /v1/config`."""

    dry_run: bool = False
    """Only check the document; nothing changes."""


@router.get("/v1/config", **documented("get_config", security=SECRET))
async def get_config(request: Request) -> Response:
    """The configuration in force, with everything that was left out at its default; `ETag` is its version.

    Where experiments learn, `learned` says how often each variant is drawn now, and since when; it is no part of the
    document.
    """
    parts = services(request)
    caller = await parts.keys.secret(request)
    version, document = await asyncio.to_thread(parts.records.configurations.get, caller.shop.name)
    try:
        configuration = Configuration.parse(document)
    except ConfigurationError:  # a newer Vitrine took it, and knows the defaults of what it leaves out
        return _as_it_is(version, document)
    learned = await asyncio.to_thread(_learned, parts.records, caller.shop.name, configuration)
    present = {"learned": drawn_by(configuration.experiments, learned, parts.now())} if learned is not None else {}
    return _shown(version, configuration, **present)


@router.put("/v1/config", **documented("put_config", Configuration, query=PutQuery, security=SECRET, also=[412]))
async def put_config(request: Request) -> Response:
    """Replace the configuration, if nobody else changed the version that `If-Match` names."""
    parts = services(request)
    caller = await parts.keys.secret(request)
    query = parse_query(PutQuery, request)
    expected = _expected(request.headers.get("if-match"))
    document = await json_body(request, parts.settings.body_bytes)
    if not isinstance(document, dict):
        raise unusable([{"field": "configuration", "detail": "send an object"}])
    sent = {name: value for name, value in document.items() if name not in TOLD}
    configuration = _parsed(sent)
    shop = caller.shop.name
    before, _ = await asyncio.to_thread(parts.records.configurations.get, shop)
    if expected not in {None, before}:
        raise _changed(before)
    if query.dry_run:
        return _shown(before, configuration, dry_run=True)
    try:
        version = await asyncio.to_thread(parts.records.configurations.put, shop, sent, expected)
    except ConflictError:
        raise _changed(None) from None
    live = await parts.shops.get(shop)
    await asyncio.to_thread(live.refresh)
    await parts.state.announce(shop, Versions(configuration=version))
    return _shown(version, configuration)


def _learned(records: Records, shop: str, configuration: Configuration) -> Learned | None:
    """What experiments have learned; None where none is to learn."""
    return records.weights.of(shop) if any(one.learn for one in configuration.experiments) else None


def _shown(version: int, configuration: Configuration, **more: object) -> Response:
    return _as_it_is(version, {**configuration.document(), **more})


def _as_it_is(version: int, document: Mapping[str, Any]) -> Response:
    return answer({"version": version, **document}, headers={"ETag": f'"{version}"'})


def _parsed(document: dict[str, object]) -> Configuration:
    try:
        return Configuration.parse(document)
    except ConfigurationError as error:
        field, _, detail = str(error).partition(": ")
        raise unusable([{"field": field, "detail": detail}]) from None


def _expected(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    version = if_match.strip().removeprefix("W/").strip('"')
    if not version.isdecimal() or len(version) > LONGEST_VERSION:
        raise Problem(400, "if-match", f'If-Match: {if_match[:80]!r} is no version; send the ETag of GET, like "3"')
    return int(version)


def _changed(version: int | None) -> Problem:
    now = "" if version is None else f"; it is version {version} now"
    return Problem(412, "changed", f"somebody else changed the configuration{now}", field="If-Match")

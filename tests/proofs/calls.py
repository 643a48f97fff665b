"""Every call that OpenAPI describes, sent whatever can be thought of: nothing fails, nothing undocumented comes back.

Schemathesis makes up requests that fit the description, and requests that do not. Beside them stand the documented
examples, of which some values, a parameter, a header or the whole body is replaced by what somebody hostile would send.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
import orjson
import requests
import schemathesis
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis import checks as known

from api import tasks
from recommender.catalog.item import Item
from recommender.engine.snapshot import NO_MODEL
from tests.api.conftest import ITEMS, Api, running
from tests.conftest import NOW
from tests.proofs import hostile
from tests.training.logs import catalogue, shop_events, write
from training.fitting import train

CHECKS: Final = [
    known.not_a_server_error,
    known.status_code_conformance,
    known.content_type_conformance,
    known.response_headers_conformance,
    known.response_schema_conformance,
]
PARTS: Final = frozenset({"method", "url", "headers", "params", "data", "json", "cookies"})
KEYS: Final = ("secret", "secret", "public", "none")
"""Which key goes along: most of a call lies behind the secret one."""
CAMPAIGN: Final = {"id": "back", "offer": {"percent": 10, "most": 5, "code": {"generated": {}}}, "holdout": 0}
CART: Final = {"currency": "EUR", "items": [{"item_id": "lamp", "quantity": 1, "price": 10}]}
WITHOUT_MODEL: Final = {"publish_model": "there is none to publish"}
"""Calls whose example is refused where nothing was trained, and why."""


@dataclass(frozen=True)
class Made:
    """A request that was made up from a documented example."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    headers: Mapping[str, str]
    key: str


@dataclass
class Service:
    """The application with a shop in it, in an event loop of its own."""

    portal: BlockingPortal
    api: Api
    schema: Any
    example: Mapping[str, Any]
    sent: Counter[tuple[str, int]] = field(default_factory=Counter)
    """Requests by call and by status of the answer."""
    taken: set[str] = field(default_factory=set)
    """Names of the calls that did what their documented example asks for."""

    @property
    def operations(self) -> dict[str, Any]:
        """Calls by name."""
        return {one.ok().definition.raw["operationId"]: one.ok() for one in self.schema.get_all_operations()}

    @property
    def called(self) -> set[str]:
        """Calls that were sent anything."""
        return {call for call, _ in self.sent}

    @property
    def takes(self) -> set[str]:
        """Names of the calls that can do what their documented example asks for."""
        return self.operations.keys() - (WITHOUT_MODEL if self.example["version"] == NO_MODEL else {}).keys()

    def send(self, case: Case, key: str) -> None:
        """Send a request that Schemathesis made up, with a key.

        Raises:
            FailureGroup: it failed, or its status, type, headers or content are not documented; says how to repeat it.
        """
        made = case.as_transport_kwargs(base_url="http://api", headers=self._keys(key))
        prepared = requests.Request(**{name: value for name, value in made.items() if name in PARTS}).prepare()
        self._answered(case, str(prepared.method), str(prepared.url), prepared.headers, prepared.body or b"")

    def send_made(self, operation: Any, made: Made) -> int:
        """Send one that was made up here; returns the status of the answer.

        Raises:
            FailureGroup: as :meth:`send` does.
        """
        path = operation.path.format(**{name: quote(value, safe="") for name, value in made.path.items()})
        url = httpx.URL(f"http://api{path}", params=dict(made.query))
        headers = {"Content-Type": "application/json", **self._keys(made.key), **made.headers}
        case = operation.Case(path_parameters=dict(made.path), query=dict(made.query), headers=dict(made.headers))
        return self._answered(case, operation.method.upper(), str(url), headers, made.body)

    def told(self) -> str:
        """What was sent, and what came back."""
        statuses = Counter[int]()
        for (_, status), count in self.sent.items():
            statuses[status] += count
        answers = ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items()))
        taken = f"{len(self.taken)} of them taken as documented"
        return f"{statuses.total():,} requests to {len(self.called)} calls, {taken} ({answers})"

    def _keys(self, key: str) -> dict[str, str]:
        return {"secret": self.api.secret, "public": self.api.public, "none": {}}[key]

    def _answered(self, case: Case, method: str, url: str, headers: Mapping[str, str], body: bytes | str) -> int:
        lines = [(name.encode(), value.encode()) for name, value in headers.items()]
        request = httpx.Request(method, url, headers=lines, content=body)
        response = self.portal.call(self.api.http.send, request)
        self.sent[case.operation.label, response.status_code] += 1
        case.validate_response(response, checks=CHECKS)
        return response.status_code


@contextmanager
def serving(home: Path, *, trained: bool = False, **given_settings: Any) -> Iterator[Service]:
    """The application over `home`, with items, a campaign, a visitor who may see its popup, and, if asked, a model."""
    with start_blocking_portal() as portal:
        opened = running(home, rate_limits=False, **given_settings)
        with portal.wrap_async_context_manager(opened) as api:
            if trained:
                portal.call(_train, api)
            example = portal.call(_prepare, api)
            schema = schemathesis.openapi.from_dict(portal.call(api.http.get, "/openapi.json").json())
            yield Service(portal, api, schema, example)


async def _train(api: Api) -> None:
    parts = api.services
    folder = parts.workspace.shop("shop")
    parts.records.catalog.put("shop", [Item.parse(document) for document in catalogue()], NOW)
    write(folder, *shop_events("view_item", "purchase"))
    await asyncio.to_thread(train, folder, parts.records, now=NOW, force=True)
    await tasks.refresh(parts)


async def _prepare(api: Api) -> dict[str, Any]:
    await api.put_items(*ITEMS)
    response = await api.http.put("/v1/config", json={"campaigns": [CAMPAIGN]}, headers=api.secret)
    assert response.status_code == 200, response.text
    for item in ("lamp", "cup"):
        await api.tell({"event": "view_item", "item_id": item, "visitor_id": "v"})
    page = await api.page("product", item_id="lamp", visitor_id="v", cart=CART)
    return {
        "arm_token": page["popups"][0]["arm_token"],
        "campaign_id": CAMPAIGN["id"],
        "item_id": "lamp",
        "visitor_id": "v",
        "customer_id": "c",
        "version": page["model_version"],
        "code": await _code(api, "w"),
    }


async def _code(api: Api, visitor: str) -> str:
    """What the popup gives to somebody: to one who saw it, another page brings none."""
    page = await api.page("product", item_id="lamp", visitor_id=visitor, cart=CART)
    asked = {"arm_token": page["popups"][0]["arm_token"], "trigger": "exit_intent", "cart": CART}
    shown = await api.http.post(f"/v1/popups/{CAMPAIGN['id']}/show", json=asked, headers=api.public)
    assert shown.status_code == 200, shown.text
    return str(shown.json()["content"]["code"]["value"])


def intact(service: Service, operation: Any) -> None:
    """Its documented example as it is, with the key that it asks for."""
    raw = operation.definition.raw
    path, example = _documented(service, operation)
    opening = {name for one in raw.get("security", []) for name in one}
    key = "public" if "PublicKey" in opening else "secret" if opening else "none"
    body = b"" if example is None else orjson.dumps(example)
    if httpx.codes.is_success(service.send_made(operation, Made(path, {}, body, {}, key))):
        service.taken.add(raw["operationId"])


def made_up(service: Service, operation: Any, examples: int, number: int) -> None:
    """Requests of Schemathesis to one call: half of them fit its description, if there is anything to fit."""
    raw = operation.definition.raw
    takes = "requestBody" in raw or raw.get("parameters")
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE) if takes else (GenerationMode.POSITIVE,):
        cases = st.tuples(operation.as_strategy(generation_mode=mode), st.sampled_from(KEYS))
        hostile.each(cases, lambda made: service.send(*made), examples // 2, number)


def spoilt(service: Service, operation: Any, examples: int, number: int) -> None:
    """Its documented example, spoilt."""
    hostile.each(_spoilt(service, operation), partial(service.send_made, operation), examples, number)


def _spoilt(service: Service, operation: Any) -> st.SearchStrategy[Made]:
    path, example = _documented(service, operation)
    names = [one["name"] for one in operation.definition.raw.get("parameters", []) if one["in"] == "query"]
    texts = st.sampled_from([text for text in hostile.TEXTS if "/" not in text and text not in {"", ".", ".."}])
    bodies = st.sampled_from(hostile.BODIES) | st.just(orjson.dumps(example)) if example is not None else st.just(b"")
    spoiling = hostile.spoilt(example).map(orjson.dumps) if example is not None else st.just(b"")
    return st.builds(
        Made,
        path=st.fixed_dictionaries({name: st.just(value) | texts for name, value in path.items()}),
        query=st.fixed_dictionaries({}, optional={name: st.sampled_from(hostile.TEXTS) for name in names}),
        body=spoiling | spoiling | bodies,
        headers=st.just({}) | st.just({}) | st.sampled_from(hostile.HEADERS).map(lambda one: dict([one])),
        key=st.sampled_from(KEYS),
    )


def _documented(service: Service, operation: Any) -> tuple[Mapping[str, str], Any]:
    """Its example with values that hold in this shop: the path, and the body, None where it takes none."""
    raw = operation.definition.raw
    path = {one["name"]: one["example"] for one in raw.get("parameters", []) if one["in"] == "path"}
    content = raw.get("requestBody", {}).get("content", {}).get("application/json", {})
    return _filled(path, service.example), _filled(content.get("example"), service.example)


def _filled(example: Any, values: Mapping[str, Any]) -> Any:
    """The example with values that hold in this shop, where it has a member of that name."""
    if not isinstance(example, dict):
        return example
    return {name: values.get(name, value) for name, value in example.items()}

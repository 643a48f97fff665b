"""Processes are replaced one by one by those of the next version while shoppers buy, and one is taken back."""

import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import polars as pl
from sqlalchemy import select

from recommender.artifact import ArtifactStore
from recommender.events import schema
from recommender.events.log import EventLog
from recommender.records.tables import SCHEMA_VERSION, VERSION
from tests.api.artifacts import add_newer, publish
from tests.proofs import next_version
from tests.proofs.faults import audit
from tests.proofs.faults.installation import SHOP, Installation, replicas, service
from tests.proofs.faults.rounds import OK, open_shop
from tests.proofs.faults.traffic import CAMPAIGNS, ITEMS, Order, Shopper, Told, shopping
from tests.proofs.tried import Tried
from tests.services import Server, wait_until

LOOK_SECONDS = 0.1
"""How often the balancer looks."""
ON_THE_WAY = 1.0
"""Seconds within which a call is sent that the balancer let through."""
EMPTY: Final = frozenset({"sold_out", "budget"})
"""Why somebody may be refused a code: there are not as many as shoppers."""
VISITOR: Final = "somebody"
PLACEMENT: Final = {"id": "home-best-sellers", "page_types": ["home"], "strategy": "best_sellers"}


class Size(NamedTuple):
    """How long the proof is."""

    processes: int
    updated: int
    """Of them; one is taken back in any case."""
    seconds: float
    """For which shoppers go on after each step."""
    shoppers: int
    """Who browse, and as many who buy."""
    thinks: float = 0.0
    """Seconds before each of their calls."""


WHOLE: Final = Size(3, 3, 5.0, 2)
WHAT: Final = (
    "those of the next version take over one by one, publish a model, change the configuration, while shoppers buy"
)
LOST: Final = "0 calls failed; 0 events, codes, orders"


@dataclass
class Fleet:
    """The processes in service, behind a balancer that takes calls to those which say that they are ready."""

    installation: Installation
    place: Path
    ready: list[str] = field(default_factory=list)
    """Their addresses, as the balancer knows them."""
    over: threading.Event = field(default_factory=threading.Event)
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=5))

    def __enter__(self) -> "Fleet":
        self._look()
        self._looking = threading.Thread(target=self._go_on_looking)
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._looking.join()
        self.client.close()

    @property
    def members(self) -> list[Server]:
        return self.installation.services

    def replace(self, old: Server, environment: dict[str, str]) -> Server:
        """Let a process drain and end, and start another in its place."""
        assert old.process is not None
        old.process.terminate()
        wait_until(lambda: old.url not in self.ready, old.told)
        time.sleep(ON_THE_WAY)
        old.stop()  # it would go on draining: however busy the machine is, the balancer has looked in time
        assert old.process.returncode != -signal.SIGKILL, f"it did not end in good order: {old.told()}"
        new = service(self.place, environment, whole=False)
        self.members[self.members.index(old)] = new
        new.start()
        wait_until(lambda: new.url in self.ready, new.told)
        return new

    def _go_on_looking(self) -> None:
        while not self.over.wait(LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        self.ready[:] = [one.url for one in [*self.members] if self._is_ready(one.url)]

    def _is_ready(self, url: str) -> bool:
        try:
            return self.client.get(f"{url}/readyz").status_code == OK
        except httpx.TransportError:
            return False


def prove(seed: int) -> Iterator[Tried]:
    """The long form: three processes."""
    yield upgraded(seed, WHOLE)


def upgraded(seed: int, size: Size) -> Tried:
    """Update processes of an installation and take one back, while shoppers buy."""
    told = Told()
    with tempfile.TemporaryDirectory() as folder, replicas(Path(folder), size.processes) as installation:
        newer = installation.environment | {"PYTHONPATH": str(next_version.written(Path(folder)))}
        open_shop(installation)
        try:
            with (
                Fleet(installation, Path(folder)) as fleet,
                _shopping(fleet, told, seed, size) as last,
            ):
                for _ in _steps(fleet, newer, size.updated):
                    time.sleep(size.seconds)
            last.close()
            _answered(told)
        except (AssertionError, RuntimeError) as error:
            logs = "\n".join(one.told()[-2000:] for one in installation.services)
            raise AssertionError(f"{logs}\nseed {seed}: {error}") from error
        _whole(installation, told)
        return Tried(f"{installation.name}: {WHAT}", _often(told, size.updated), LOST)


def _shopping(fleet: Fleet, told: Told, seed: int, size: Size) -> AbstractContextManager[Shopper]:
    keys, name = fleet.installation.keys, f"upgrade {seed}"
    return shopping(fleet.ready, keys, told, name, each=size.shoppers, thinks=size.thinks)


def _often(told: Told, updated: int) -> str:
    calls = sum(found.total() for found in told.statuses.values())
    codes = sum(order.code is not None for order in told.orders)
    done = f"{len(told.acknowledged):,} events, {codes} codes"
    return f"{updated} updated, 1 taken back, {calls:,} calls, {done}"


def _steps(fleet: Fleet, newer: dict[str, str], updated: int) -> Iterator[None]:
    """What happens, one after the other."""
    older, shop = fleet.installation.environment, Shop(fleet.installation)
    good = publish(shop.artifacts, *[item["id"] for item in ITEMS])
    first, *rest = fleet.members
    wait_until(lambda: all(shop.model(one) == good for one in fleet.members), first.told)
    shop.configure(first, 5)
    _same(shop.seen(*fleet.members), [(good, 5)] * len(fleet.members))
    yield
    first = fleet.replace(first, newer)
    _same(shop.release(first), next_version.RELEASE)
    for one, item in ((first, "item-2"), (rest[0], "item-3")):
        shop.tell(one, item)
    _same([shop.history(one) for one in fleet.members], [["item-3", "item-2"]] * len(fleet.members))
    shop.configure(first, 6)  # nothing in it that the older ones would not know
    _same(shop.seen(*fleet.members), [(good, 6)] * len(fleet.members))
    yield
    published = shop.publish_newer(first)
    wait_until(lambda: all("newer Vitrine" in shop.problem(one, "model") for one in rest), rest[0].told)
    shop.configure(first, 7, mood="calm")
    _same(shop.seen(first, *rest), [(published, 7), *[(good, 6)] * len(rest)])
    assert all("mood" in shop.problem(one, "configuration") for one in rest), "it is not told what is not understood"
    yield
    for one in rest[: updated - 1]:
        _same(shop.seen(fleet.replace(one, newer)), [(published, 7)])
        yield
    back = fleet.replace(first, older)
    _same(shop.seen(back), [(good, 6)])
    assert "newer Vitrine" in shop.problem(back, "model"), "it is not told why the model is an older one"
    yield


def _same(found: object, wanted: object) -> None:
    assert found == wanted, f"{found} in place of {wanted}"


@dataclass
class Shop:
    """The shop as its own server sees it."""

    installation: Installation

    @property
    def artifacts(self) -> ArtifactStore:
        return ArtifactStore(self.installation.folder.artifacts)

    @property
    def secret(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.installation.keys.secret_key}"}

    def configure(self, by: Server, limit: int, **more: Any) -> None:
        """Let this process take a configuration in which the showcase has so many items."""
        document = {"campaigns": CAMPAIGNS, "placements": [{**PLACEMENT, "limit": limit}], **more}
        httpx.put(f"{by.url}/v1/config", json=document, headers=self.secret, timeout=20).raise_for_status()

    def publish_newer(self, by: Server) -> str:
        """Let this process, of the next version, publish a model of its format."""
        version = add_newer(self.artifacts, *[item["id"] for item in reversed(ITEMS)])
        url = f"{by.url}/v1/models/{version}/publish"
        assert httpx.post(url, headers=self.secret, timeout=20).json() == {"current": version, "in_service": version}
        return version

    def tell(self, by: Server, item: str) -> None:
        """Let this process hear that the visitor likes an item."""
        event = {"event": "add_to_wishlist", "visitor_id": VISITOR, "item_id": item}
        httpx.post(f"{by.url}/v1/events", json=event, headers=self.secret, timeout=20).raise_for_status()

    def history(self, by: Server) -> list[str]:
        """What the visitor has seen, as this process knows it, the last first."""
        body = {"requests": [{"strategy": "recently_viewed", "visitor_id": VISITOR}]}
        answer = httpx.post(f"{by.url}/v1/recommendations", json=body, headers=self.secret, timeout=20)
        return [item["item_id"] for item in answer.raise_for_status().json()["results"][0]["items"]]

    def seen(self, *by: Server) -> list[tuple[str, int]]:
        """Which model each of them answers with, and how many items the showcase has there."""
        return [(self.model(one), self._shown(one)) for one in by]

    def _shown(self, by: Server) -> int:
        headers = {"X-Vitrine-Key": self.installation.keys.public_key}
        body = {"page": {"type": "home"}, "visitor_id": VISITOR, "placements": [PLACEMENT["id"]]}
        page = httpx.post(f"{by.url}/v1/page", json=body, headers=headers, timeout=20).raise_for_status()
        return len(page.json()["showcases"][0]["items"])

    def release(self, by: Server) -> str:
        """Which version of Vitrine it is."""
        return str(httpx.get(f"{by.url}/openapi.json", timeout=20).json()["info"]["version"])

    def model(self, by: Server) -> str:
        """Which model answers."""
        return str(self._ready(by)["model_version"])

    def problem(self, by: Server, part: str) -> str:
        """What it says is wrong with a part."""
        return str(self._ready(by).get("problems", {}).get(part, ""))

    def _ready(self, by: Server) -> dict[str, Any]:
        return dict(httpx.get(f"{by.url}/readyz", timeout=20).raise_for_status().json()["shops"][SHOP])


def _answered(told: Told) -> None:
    """Every call was answered as it should be, and every order came to its end."""
    assert not told.unheard, f"calls were not answered: {told.unheard}"
    assert not told.late, f"calls were answered too late: {told.late}"
    for kind, found in told.statuses.items():
        assert found.keys() == {202 if kind == "events" else OK}, f"{kind} was answered with {found}"
    assert not told.degraded, f"{told.degraded} pages said that something is missing"
    open_ = [order for order in told.orders if not _ended(order)]
    assert not open_, f"{len(open_)} orders came to no end, such as {open_[0]}"


def _ended(order: Order) -> bool:
    if order.shown is not None and not order.shown["shown"]:
        return order.shown["reason"] in EMPTY
    return order.redeemed is not None and order.takes_back == (order.rolled_back is not None)


def _whole(installation: Installation, told: Told) -> None:
    """What both versions wrote down is all there, and this one reads it."""
    audit.events(installation.folder, told)
    records = installation.records()
    try:
        audit.compacted(installation, records)
        audit.events(installation.folder, told)
        audit.coupons(records, told, datetime.now(UTC))
        audit.ledgers(records, told)
        with records.database.read() as connection:
            made = tuple(connection.execute(select(VERSION)).one())
        assert made == (SCHEMA_VERSION + 1, SCHEMA_VERSION), f"the records are of version {made}"
    finally:
        records.close()
    extra = EventLog(installation.folder).scan().select(pl.col(schema.EXTRA).fill_null("")).collect()[schema.EXTRA]
    marked = int(extra.str.contains(next_version.MARK, literal=True).sum())
    assert marked, "what the next version says of events is lost"

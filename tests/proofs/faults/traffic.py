"""Shoppers who go on while things break, and who remember what they were told."""

import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from recommender.records import ShopKeys

ITEMS = [{"id": f"item-{number}", "title": f"Thing {number}", "price": 10 + number} for number in range(30)]
FLASH, FEW, BACK = "flash", "few", "back"
POOL = 60
"""Codes of `few`, of which therefore no more can be given."""
BUDGET = 900
"""In EUR, of `flash`."""
LASTING = {"minutes": 100_000}
CAMPAIGNS: list[dict[str, Any]] = [
    {"id": FLASH, "offer": {"percent": 10, "most": 10, **LASTING}, "budget": {"total": BUDGET, "currency": "EUR"}},
    {"id": FEW, "offer": {"percent": 5, "most": 10, "code": {"pool": True}, **LASTING}},
    {"id": BACK, "offer": {"cashback": {"percent": 10}, "code": {"generated": {}}, **LASTING}},
]
TIMEOUT = 10.0
"""Seconds after which a browser has given up."""
PAUSE = 0.05
"""Seconds until somebody asks again who was not answered."""


@dataclass
class Order:
    """What one shopper came to, step by step; what is None nobody said."""

    visitor: str
    campaign: str
    arm: str | None = None
    shown: dict[str, Any] | None = None
    code: str | None = None
    redeemed: dict[str, Any] | None = None
    takes_back: bool = False
    rolled_back: dict[str, Any] | None = None
    refused: bool = False
    """The service said that there is no code, or that it opens nothing."""


@dataclass
class Told:
    """What the service was sent and what it acknowledged; shared by all shoppers."""

    sent: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    orders: list[Order] = field(default_factory=list)
    statuses: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    late: Counter[str] = field(default_factory=Counter)
    """Calls that nobody waited for any longer, by what was asked."""
    unheard: Counter[str] = field(default_factory=Counter)
    """Calls that nobody answered, by address."""
    slowest: float = 0.0
    """Seconds that the slowest page took."""
    degraded: int = 0
    """Pages that said that something is missing."""


@dataclass
class Shopper:
    """One thread's calls, drawn from a seed of its own."""

    name: str
    addresses: Sequence[str]
    """Where calls go; a list may change meanwhile."""
    keys: ShopKeys
    told: Told
    draw: random.Random
    going: Callable[[], bool] = lambda: True
    thinks: float = 0.0
    """Seconds before each call."""

    def __post_init__(self) -> None:
        self._clients: dict[str, httpx.Client] = {}

    def close(self) -> None:
        """Leave."""
        for client in self._clients.values():
            client.close()

    def _client(self) -> httpx.Client:
        url = self.draw.choice([*self.addresses])
        if url not in self._clients:
            self._clients[url] = httpx.Client(base_url=url, timeout=TIMEOUT)
        return self._clients[url]

    def call(self, kind: str, method: str, path: str, *, secret: bool = False, **more: Any) -> httpx.Response | None:
        """Ask any of the processes; None when none answered."""
        key = {"Authorization": f"Bearer {self.keys.secret_key}"} if secret else {"X-Vitrine-Key": self.keys.public_key}
        time.sleep(self.thinks)
        begin, client = time.monotonic(), self._client()
        try:
            response = client.request(method, path, headers=key | more.pop("headers", {}), **more)
        except httpx.TimeoutException:
            self.told.late[kind] += 1  # a commit waits for the disk
            return None
        except httpx.TransportError:
            self.told.unheard[str(client.base_url)] += 1
            time.sleep(PAUSE)
            return None
        self.told.statuses[kind][response.status_code] += 1
        if kind == "page":
            self.told.slowest = max(self.told.slowest, time.monotonic() - begin)
            self.told.degraded += "x-vitrine-degraded" in response.headers
        return response

    def browse(self) -> None:
        """Tell of numbered events; those that nobody acknowledged are sent again half of the time, as browsers do."""
        number = 0
        while self.going():
            ids = [f"{self.name}-{number + one}" for one in range(self.draw.randint(1, 10))]
            number += len(ids)
            self.tell(ids)
            if self.draw.random() < 0.2:
                self.page(f"{self.name}-{number % 7}")

    def tell(self, ids: Sequence[str]) -> None:
        """Send a batch of events, up to three times."""
        events = [
            {"event": "view_item", "event_id": id_, "visitor_id": self.name, "item_id": self.draw.choice(ITEMS)["id"]}
            for id_ in ids
        ]
        self.told.sent.update(ids)
        for _ in range(3):
            response = self.call("events", "POST", "/v1/events", json=events)
            if response is not None and response.status_code == 202:
                assert response.json() == {"accepted": len(ids), "rejected": []}, response.text
                self.told.acknowledged.update(ids)
                return
            time.sleep(PAUSE)
            if self.draw.random() < 0.5:
                return

    def page(self, visitor: str) -> dict[str, Any] | None:
        """Open the home page."""
        body = {"page": {"type": "home"}, "visitor_id": visitor, "placements": ["home-best-sellers"]}
        response = self.call("page", "POST", "/v1/page", json=body)
        return response.json() if response is not None and response.status_code == 200 else None

    def buy(self) -> None:
        """One shopper after the other takes a code and uses it."""
        number = 0
        while self.going():
            order = Order(f"{self.name}-{number}", self.draw.choice([FLASH, FLASH, FEW, BACK]))
            order.takes_back = self.draw.random() < 0.2
            number += 1
            self.told.orders.append(order)
            self.go_on(order)

    def go_on(self, order: Order) -> None:
        """Take the steps that are left, as far as somebody answers; each may have been done without a word of it."""
        for step in (self._arm, self._show, self._redeem, self._roll_back):
            if order.refused or not step(order):
                return

    def _arm(self, order: Order) -> bool:
        if order.arm is None:
            found = self.page(order.visitor) or {"popups": []}
            arms = {one["campaign_id"]: one["arm_token"] for one in found["popups"]}
            order.arm = arms.get(order.campaign)
        return order.arm is not None

    def _show(self, order: Order) -> bool:
        if order.shown is None:
            body = {"arm_token": order.arm, "trigger": "exit_intent", "cart": cart()}
            response = self.call("show", "POST", f"/v1/popups/{order.campaign}/show", json=body)
            if response is None or response.status_code != 200 or response.json().get("reason") == "unavailable":
                return False
            order.shown = response.json()
            order.refused = not order.shown["shown"]
            order.code = None if order.refused else order.shown["content"]["code"]["value"]
        return True

    def _redeem(self, order: Order) -> bool:
        if order.redeemed is None:
            who = {"order_id": f"order-{order.visitor}", "customer_id": f"c-{order.visitor}"}
            order.redeemed = self._checkout("redeem", {"code": order.code, "cart": cart(), **who}, f"r-{order.visitor}")
        return order.redeemed is not None

    def _roll_back(self, order: Order) -> bool:
        if order.takes_back and order.rolled_back is None:
            body = {"code": order.code, "order_id": f"order-{order.visitor}"}
            order.rolled_back = self._checkout("rollback", body, f"b-{order.visitor}")
        return not order.takes_back or order.rolled_back is not None

    def _checkout(self, what: str, body: dict[str, Any], key: str) -> dict[str, Any] | None:
        headers = {"Idempotency-Key": key}
        response = self.call(what, "POST", f"/v1/coupons/{what}", secret=True, json=body, headers=headers)
        return dict(response.json()) if response is not None and response.status_code == 200 else None


def cart() -> dict[str, Any]:
    """What everybody buys."""
    return {"currency": "EUR", "items": [{"item_id": "item-1", "quantity": 1, "price": "60.00"}]}


@contextmanager
def shopping(
    addresses: Sequence[str], keys: ShopKeys, told: Told, seed: str, *, each: int = 2, thinks: float = 0.0
) -> Iterator[Shopper]:
    """Let so many shoppers browse and as many buy while the block runs; yields one who can finish their orders.

    Each thinks so many seconds before each call; who does not asks as fast as the machine answers.
    """
    over = threading.Event()
    shoppers = [
        (Shopper(f"{seed}-{what}{one}", addresses, keys, told, _drawn(seed, what, one), _until(over), thinks), what)
        for what in ("browse", "buy")
        for one in range(each)
    ]
    failed: list[BaseException] = []

    def run(shopper: Shopper, what: str) -> None:
        try:
            getattr(shopper, what)()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=one) for one in shoppers]
    for thread in threads:
        thread.start()
    last = Shopper(f"{seed}-last", addresses, keys, told, random.Random(f"{seed}last"))
    try:
        yield last
    finally:
        over.set()
        for thread in threads:
            thread.join()
        for shopper, _ in shoppers:
            shopper.close()
    if failed:
        raise failed[0]


def _drawn(seed: str, what: str, number: int) -> random.Random:
    return random.Random(f"{seed}{what}{number}")


def _until(over: threading.Event) -> Callable[[], bool]:
    return lambda: not over.is_set()

"""The same rush over HTTP: pages are armed and triggers fire at once."""

import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from recommender.records import Records, ShopKeys
from recommender.workspace import Workspace
from tests import services
from tests.api.processes import Served, serving
from tests.proofs.tried import Tried

CAMPAIGN, COST = "flash", Decimal("7.77")
VISITORS, CODES, WORKERS = 10_000, 500, 4
CALLERS = 16
CART = {"currency": "EUR", "items": [{"item_id": "lamp", "quantity": 1, "price": 90}]}


def prove(seed: int) -> Iterator[Tried]:
    """Four workers over Redis and PostgreSQL, then one over what is embedded; by pool, then by budget."""
    for name, budget in budgets(CODES).items():
        with services.postgres_server() as server, services.redis_server() as redis_url:
            database = services.new_database(server, "rush")
            settings = {"VITRINE_REDIS_URL": redis_url, "VITRINE_DATABASE_URL": database}
            found = rush(VISITORS, CODES, budget, seed, WORKERS, settings)
        yield _tried(f"Redis and PostgreSQL, {WORKERS} workers", name, found)
    for name, budget in budgets(CODES).items():
        yield _tried("embedded, one process", name, rush(VISITORS, CODES, budget, seed, 1, {}))


def _tried(where: str, name: str, found: str) -> Tried:
    what = f"the same over HTTP, from page to popup, limited by {name}: {where}"
    return Tried(what, found, "0 codes twice, 0 cents over the budget")


def budgets(codes: int) -> dict[str, Decimal]:
    """One that covers more than every code, and one that ends two cents before two thirds of them are given."""
    return {"pool": COST * (codes + 1), "budget": COST * (codes * 2 // 3) - Decimal("0.02")}


def rush(visitors: int, codes: int, budget: Decimal, seed: int, workers: int, settings: dict[str, str]) -> str:
    """Start the service, let everybody come at once, and check what became of it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        url = settings.get("VITRINE_DATABASE_URL", Workspace(home).records_url)
        keys = _shop(url, codes)
        with serving(home, keys, "--workers", str(workers), **settings) as served:
            _configure(served, budget)
            order = [*range(visitors)]
            random.Random(seed).shuffle(order)
            with ThreadPoolExecutor(CALLERS) as threads:
                found = [*threads.map(partial(_come, served), order)]
        return _checked(url, found, codes, budget)


def _shop(url: str, codes: int) -> ShopKeys:
    records = Records.open(url)
    keys = records.shops.create("shop")
    records.pool.upload("shop", CAMPAIGN, (f"CODE-{number:05}" for number in range(codes)))
    records.close()
    return keys


def _configure(served: Served, budget: Decimal) -> None:
    campaign = {
        "id": CAMPAIGN,
        "offer": {"amount": str(COST), "currency": "EUR", "code": {"pool": True}, "minutes": 60},
        "budget": {"total": str(budget), "currency": "EUR"},
    }
    response = served.http.put("/v1/config", json={"campaigns": [campaign]}, headers=served.secret)
    assert response.status_code == 200, response.text


def _come(served: Served, number: int) -> tuple[str | None, str | None]:
    """Look at a page, then fire the trigger; every tenth browser fires it twice. The code, or the reason."""
    visitor = f"v{number}"
    page = {"page": {"type": "home"}, "visitor_id": visitor, "cart": CART, "placements": []}
    [popup] = _post(served, "/v1/page", page)["popups"]
    asked = {"arm_token": popup["arm_token"], "trigger": "exit_intent", "cart": CART}
    answers = [_post(served, f"/v1/popups/{CAMPAIGN}/show", asked) for _ in range(2 if number % 10 == 0 else 1)]
    codes = {answer["content"]["code"]["value"] if answer["shown"] else None for answer in answers}
    assert len(codes) == 1, "who asks again gets the same"
    return codes.pop(), answers[0].get("reason")


def _post(served: Served, path: str, body: dict[str, Any]) -> dict[str, Any]:
    response = served.http.post(path, json=body, headers=served.public, timeout=120)
    assert response.status_code == 200, response.text
    return dict(response.json())


def _checked(url: str, found: list[tuple[str | None, str | None]], codes: int, budget: Decimal) -> str:
    given = [code for code, _ in found if code is not None]
    reasons = Counter(reason for _, reason in found if reason is not None)
    expected = min(codes, int(budget // COST))
    records = Records.open(url)
    states = Counter(one.state for one in records.pool.codes("shop"))
    records.close()
    assert len(given) == len({*given}) == expected, f"{len(given)} codes, {len({*given})} of them different"
    assert states == Counter(given=expected, free=codes - expected), states
    assert reasons.keys() <= {"sold_out", "budget"}, reasons
    refused = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    return f"{expected} of {len(found)} got a code, none twice; {expected * COST} EUR of {budget}; refused: {refused}"

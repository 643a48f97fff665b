"""What the service says of itself: every line can be read by machines, and none names a person."""

import json
import re
from pathlib import Path

import pytest

from api.logs import without_rows
from api.metrics import Metrics
from recommender.tokens import customer_token
from tests.api.processes import new_shop, serving
from tests.services import wait_until
from tests.test_docs import README

VISITOR, CUSTOMER, CODE, ORDER = "vis-UNMISTAKABLE", "cus-UNMISTAKABLE", "CODE-UNMISTAKABLE", "ord-UNMISTAKABLE"
ADDRESS, AGENT = "203.0.113.77", "Agent-UNMISTAKABLE"


def test_no_line_names_a_person(tmp_path: Path) -> None:
    """Whatever is asked, told, refused or erased, and whoever asks; lines of a request carry its id."""
    keys = new_shop(tmp_path)
    with serving(tmp_path, keys, VITRINE_LOG_LEVEL="debug") as served:
        http, public, secret = served.http, served.public, served.secret
        known = {"User-Agent": AGENT, "X-Forwarded-For": ADDRESS}
        put = {"campaigns": [{"id": "c", "offer": {"percent": 10, "code": CODE}}]}
        asked = [
            http.put("/v1/catalog/items", json=[{"id": "cup", "title": "Cup"}], headers=secret),
            http.put("/v1/config", json=put, headers=secret),
            http.post("/v1/events", headers=public | known, json=[
                {"event": "view_item", "item_id": "cup", "visitor_id": VISITOR},
                {"event": "no_event", "visitor_id": VISITOR},
            ]),
            http.post("/v1/events", headers=secret, json={
                "event": "purchase", "transaction_id": ORDER, "visitor_id": VISITOR, "customer_id": CUSTOMER,
                "items": [{"item_id": "cup", "price": 3}],
            }),
            http.post("/v1/page", headers=public | known, json={
                "page": {"type": "home", "url": f"https://x/{VISITOR}"}, "visitor_id": VISITOR,
                "customer_id": CUSTOMER, "customer_token": customer_token("shop", CUSTOMER, 2**31, "wrong"),
            }),
        ]  # fmt: skip
        popup = asked[-1].json()["popups"][0]
        cart = {"currency": "EUR", "items": [{"item_id": "cup", "quantity": 1, "price": 3}]}
        checkout = {"code": CODE, "cart": cart, "customer_id": CUSTOMER, "visitor_id": VISITOR}
        asked += [
            http.post("/v1/popups/c/show", headers=public | known, json={"arm_token": popup["arm_token"]}),
            http.post("/v1/popups/c/dismiss", headers=public, json={"arm_token": popup["arm_token"]}),
            http.get(f"/v1/popups/c/preview?visitor_id={VISITOR}", headers=secret),
            http.post("/v1/coupons/validate", headers=secret, json=checkout),
            http.post("/v1/coupons/redeem", headers=secret, json=checkout | {"order_id": ORDER}),
            http.post("/v1/coupons/rollback", headers=secret, json={"code": CODE, "order_id": ORDER}),
            http.post("/v1/coupons/rollback", headers=secret, json={"code": CODE, "order_id": "none"}),
            http.get(f"/v1/customers/{CUSTOMER}", headers=secret),
            http.delete(f"/v1/visitors/{VISITOR}", headers=secret),
            http.post("/v1/page", headers=public, json={"page": {"type": VISITOR}, "visitor_id": VISITOR}),
            http.get(f"/v1/nothing/{VISITOR}", headers=known),
            http.get("/v1/similar/cup", headers={"X-Vitrine-Key": "pk_UNMISTAKABLE"} | known),
        ]
        log, last = tmp_path / "serve.log", asked[-1].headers["x-request-id"]
        wait_until(lambda: last in log.read_text(), log.read_text)  # its line follows the answer
    assert {answer.status_code for answer in asked} >= {200, 202, 401, 404, 422}
    text = log.read_text()
    assert "UNMISTAKABLE" not in text
    assert ADDRESS not in text
    assert not any(key in text for key in (keys.public_key, keys.secret_key, popup["arm_token"]))
    lines = [json.loads(line) for line in text.splitlines()]
    said = {line["request_id"] for line in lines if "request_id" in line}
    assert {answer.headers["x-request-id"] for answer in asked} <= said
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)


def test_rows_that_a_database_complains_of_are_left_out() -> None:
    """PostgreSQL tells whose row it is."""
    line = {"event": "x", "exception": "duplicate key\nDETAIL:  Key (visitor_id)=(v-1) already exists.\nmore"}
    assert without_rows(None, "", line)["exception"] == "duplicate key\nDETAIL: …\nmore"


def shown() -> set[str]:
    """Metrics as Prometheus sees them."""
    families = Metrics().registry.collect()
    return {f"{one.name}_total" if one.type == "counter" else one.name for one in families}


def test_every_metric_is_documented_and_no_other() -> None:
    """In the README's table."""
    assert set(re.findall(r"`(vitrine_[a-z_]+)`", README)) == shown()


@pytest.mark.parametrize("what", ["opened", "closed"])
def test_a_circuit_tells_whether_it_is_open(what: str) -> None:
    """1 or 0."""
    metrics = Metrics()
    metrics.circuit("records", what)
    assert metrics.registry.get_sample_value("vitrine_circuit_open", {"part": "records"}) == float(what == "opened")

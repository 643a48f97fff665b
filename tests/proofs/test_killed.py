"""Whenever a process is killed, nothing is lost, given twice, or kept for ever."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from recommender.records import Records
from recommender.records.cashback import Owner
from recommender.retention.checkout import Refused
from recommender.retention.reason import Reason
from tests import services
from tests.api.processes import Served, new_shop, serving
from tests.proofs.claims import CAMPAIGN, NOW, SHOP, Rush, prepare
from tests.proofs.killed import END, asked, claim, shown
from tests.proofs.test_coupons import RUSHES


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A shop with one code in its pool, in a database of each kind."""
    if request.param == "sqlite":
        found = f"sqlite:///{tmp_path / 'x.db'}"
    else:
        found = services.new_database(request.getfixturevalue("postgres_url"), "killed")
    prepare(found, Rush(1, 1, RUSHES["pool"].budget))
    return found


@pytest.fixture
def killed(request: pytest.FixtureRequest, url: str) -> Iterator[Records]:
    """The records that a process left behind that was killed at the moment the test names."""
    process = subprocess.run([sys.executable, "-m", "tests.proofs.killed", url, request.param], check=False)
    assert process.returncode == -signal.SIGKILL
    records = Records.open(url)
    yield records
    records.close()


def taken(records: Records) -> Decimal:
    return records.popups.taken(SHOP, CAMPAIGN, NOW).money.get("EUR", Decimal())


def balance(records: Records) -> list[Decimal]:
    return [account.balance for account in records.cashback.accounts(SHOP, Owner("customer", "c"), NOW)]


@pytest.mark.parametrize("killed", ["reserving"], indirect=True)
def test_what_was_not_committed_was_never_given(killed: Records) -> None:
    assert taken(killed) == 0
    decision = killed.popups.decide(SHOP, claim(), NOW)
    assert (decision.code, decision.repeated) == ("CODE-00000", False)


@pytest.mark.parametrize("killed", ["reserved"], indirect=True)
def test_a_reserved_code_outlives_the_process(killed: Records) -> None:
    assert taken(killed) == 10
    assert killed.popups.decide(SHOP, claim(), NOW).code == "CODE-00000"
    assert killed.popups.decide(SHOP, claim("b", "w"), NOW).reason is Reason.BUDGET
    assert killed.coupons.redeem(SHOP, asked("CODE-00000"), NOW, shown) == {"cashback": "6.00"}


@pytest.mark.parametrize("killed", ["reserved"], indirect=True)
def test_a_reservation_of_a_killed_process_ends(killed: Records) -> None:
    assert killed.popups.taken(SHOP, CAMPAIGN, END).money == {"EUR": Decimal(0)}
    refused = killed.coupons.redeem(SHOP, asked("CODE-00000"), END, shown)
    assert isinstance(refused, Refused)
    killed.pool.upload(SHOP, CAMPAIGN, ["CODE-00001"])
    assert killed.popups.decide(SHOP, claim("b", "w"), END + timedelta(seconds=1)).code == "CODE-00001"


@pytest.mark.parametrize("killed", ["redeeming"], indirect=True)
def test_an_order_that_was_not_committed_can_be_redeemed_again(killed: Records) -> None:
    assert (taken(killed), balance(killed)) == (10, [])
    assert killed.coupons.redeem(SHOP, asked("CODE-00000"), NOW, shown) == {"cashback": "6.00"}
    assert (taken(killed), balance(killed)) == (6, [6])


@pytest.mark.parametrize("killed", ["redeemed"], indirect=True)
def test_an_order_that_was_committed_is_redeemed_once(killed: Records) -> None:
    assert (taken(killed), balance(killed)) == (6, [6])
    assert killed.coupons.redeem(SHOP, asked("CODE-00000"), NOW, shown) == {"cashback": "6.00"}
    assert (taken(killed), balance(killed)) == (6, [6])


def called(served: Served, path: str, body: dict[str, Any], *, secret: bool = True) -> dict[str, Any]:
    response = served.http.post(path, json=body, headers=served.secret if secret else served.public)
    assert response.status_code == 200, response.text
    return dict(response.json())


@pytest.mark.slow
def test_a_code_that_was_shown_is_redeemed_after_the_server_was_killed(tmp_path: Path) -> None:
    keys = new_shop(tmp_path)
    campaign = {
        "id": CAMPAIGN,
        "offer": {"percent": 10, "most": 10, "minutes": 30},
        "budget": {"total": 10, "currency": "EUR"},
    }
    lines = {"currency": "EUR", "items": [{"item_id": "lamp", "quantity": 1, "price": 60}]}
    with serving(tmp_path, keys) as served:
        served.http.put("/v1/config", json={"campaigns": [campaign]}, headers=served.secret).raise_for_status()
        page = {"page": {"type": "home"}, "visitor_id": "v", "cart": lines, "placements": []}
        [popup] = called(served, "/v1/page", page, secret=False)["popups"]
        asked = {"arm_token": popup["arm_token"], "trigger": "exit_intent", "cart": lines}
        told = called(served, f"/v1/popups/{CAMPAIGN}/show", asked, secret=False)
        served.kill()
    with serving(tmp_path, keys) as again:
        assert called(again, f"/v1/popups/{CAMPAIGN}/show", asked, secret=False)["content"] == told["content"]
        order = {"code": told["content"]["code"]["value"], "cart": lines, "order_id": "o1"}
        assert called(again, "/v1/coupons/redeem", order)["discount"] == "6.00"

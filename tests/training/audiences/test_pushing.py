"""Audiences as files and in batches; what was sent is not sent again."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from recommender.errors import DeliveryError
from recommender.retention.population import Population
from recommender.retention.segments import SEGMENTS
from tests.recommender.retention.people import NOW, models
from tests.training.audiences.receivers import Inbox, receiving
from training.audiences import audience as audiences
from training.audiences.audience import COLUMNS, Audience, Whose
from training.audiences.pushing import push
from training.audiences.webhook import Patience, Receiver, secret


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with receiving() as opened:
        yield opened


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audiences, "BATCH", 7)
    monkeypatch.setattr(audiences, "CHUNK", 5)


def audience(
    segment: str = "buyer", whose: Whose = Whose.CUSTOMERS, version: str = "m1", later: timedelta = timedelta(0)
) -> Audience:
    return Audience("shop", version, SEGMENTS.parse(segment), Population.at(models(), NOW + later), whose)


def receiver(inbox: Inbox) -> Receiver:
    patience = Patience(attempts=1)
    return Receiver(inbox.url, secret("k"), lambda: 0.0, lambda seconds: None, lambda: 0.0, True, patience)


def test_members_are_named_with_what_is_known_of_them_and_nothing_else() -> None:
    found = {one["customer_id"]: one for one in audience()}
    customer = models().customers
    assert customer is not None
    assert found.keys() == {f"c{number}" for number in range(30)}
    for number in range(30):
        known = customer.of(customer_id=f"c{number}")
        assert known is not None
        one = found[f"c{number}"]
        assert (one["orders"], one["spend"]) == (known.orders, known.spend)
        assert one.get("rfm_group") == known.rfm_group
        assert ("churn_probability" in one) == (known.churn_probability is not None)
        assert not {"cart_items", "country", "visitor_id"} & one.keys()


def test_accounts_browsers_and_both() -> None:
    sizes = [len(audience(whose=whose)) for whose in (Whose.CUSTOMERS, Whose.VISITORS, Whose.ALL)]
    assert sizes == [30, 20, 50]


def test_csv_holds_every_member_and_column() -> None:
    file = io.StringIO()
    assert audience(whose=Whose.ALL).write(file) == 50
    rows = [*csv.DictReader(io.StringIO(file.getvalue()))]
    assert len(rows) == 50
    assert tuple(rows[0]) == COLUMNS
    assert {row["customer_id"] for row in rows if row["customer_id"]} == {f"c{number}" for number in range(30)}


def test_no_cell_of_the_csv_is_a_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1+1", "plain"]
    monkeypatch.setattr(Audience, "__iter__", lambda _: iter([{"customer_id": id_} for id_ in ids]))
    file = io.StringIO()
    audience().write(file)
    cells = [row["customer_id"] for row in csv.DictReader(io.StringIO(file.getvalue()))]
    assert cells == [*(f"'{id_}" for id_ in ids[:-1]), "plain"]


def test_batches_are_bounded_numbered_and_always_the_same(inbox: Inbox, tmp_path: Path) -> None:
    pushed = push(audience(), receiver(inbox), tmp_path)
    assert (pushed.members, pushed.batches, pushed.resumed) == (30, 5, 0)
    assert [(one["batch"], one["batches"], len(one["members"])) for one in inbox.bodies] == [
        (number, 5, 7 if number < 5 else 2) for number in range(1, 6)
    ]
    assert inbox.bodies[0]["segment"] == "buyer"
    assert len({one["customer_id"] for body in inbox.bodies for one in body["members"]}) == 30
    push(audience(), receiver(inbox), tmp_path)
    assert inbox.ids[:5] == inbox.ids[5:], "the same ids, so that a receiver knows what it has"
    assert not [*tmp_path.iterdir()]


def test_after_a_failure_it_goes_on_where_it_stopped(inbox: Inbox, tmp_path: Path) -> None:
    inbox.statuses = [200, 200, 500]
    with pytest.raises(DeliveryError, match=r"status 500 \(2 of 5 batches are sent; the same command goes on\)"):
        push(audience(), receiver(inbox), tmp_path)
    (mark,) = tmp_path.iterdir()
    assert json.loads(mark.read_text()).keys() == {"about", "now", "sent"}, "and no id"
    pushed = push(audience(later=timedelta(hours=3)), receiver(inbox), tmp_path)
    assert (pushed.resumed, [one["batch"] for one in inbox.bodies]) == (2, [1, 2, 3, 3, 4, 5])
    assert inbox.ids[2] == inbox.ids[3], "days are counted to the first attempt, so that it is the same delivery"
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    "other",
    [{"version": "m2"}, {"whose": Whose.ALL}, {"segment": "orders >= 1"}, {"later": timedelta(days=2)}],
)
def test_another_audience_begins_anew(inbox: Inbox, tmp_path: Path, other: dict[str, Any]) -> None:
    inbox.statuses = [200, 500]
    with pytest.raises(DeliveryError):
        push(audience(), receiver(inbox), tmp_path)
    assert push(audience(**other), receiver(inbox), tmp_path).resumed == 0


def test_another_definition_under_the_same_name_begins_anew(inbox: Inbox, tmp_path: Path) -> None:
    first, second = (SEGMENTS.with_segment("fans", when).named["fans"] for when in ("orders >= 1", "orders >= 2"))
    inbox.statuses = [200, 500]
    with pytest.raises(DeliveryError):
        push(replace(audience(), segment=first), receiver(inbox), tmp_path)
    assert push(replace(audience(), segment=second), receiver(inbox), tmp_path).resumed == 0


def test_nobody_is_nothing_to_send(inbox: Inbox, tmp_path: Path) -> None:
    assert push(audience("orders > 1000"), receiver(inbox), tmp_path).batches == 0
    assert inbox.got == []


def test_progress_is_told(inbox: Inbox, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    note: Callable[[int, int], None] = lambda done, of: told.append((done, of))  # noqa: E731
    push(audience(), receiver(inbox), tmp_path, note)
    assert told == [(number, 5) for number in range(1, 6)]

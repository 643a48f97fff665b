from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from recommender.retention import ledger
from recommender.retention.ledger import Entry, EntryKind
from tests.conftest import NOW

DAYS_90 = NOW + timedelta(days=90)


def credited(entries: list[Entry], amount: int, order_id: str, days: int = 90) -> list[Entry]:
    more = {"now": NOW, "expires_at": NOW + timedelta(days=days), "order_id": order_id, "campaign_id": "back"}
    return [*entries, *ledger.credit(entries, Decimal(amount), **more)]


def spent(entries: list[Entry], amount: int, order_id: str) -> list[Entry]:
    return [*entries, *ledger.spend(entries, Decimal(amount), now=NOW, order_id=order_id)]


def taken_back(entries: list[Entry], order_id: str) -> list[Entry]:
    return [*entries, *ledger.take_back(entries, now=NOW, order_id=order_id, campaign_id="back")]


def given_back(entries: list[Entry], order_id: str) -> list[Entry]:
    return [*entries, *ledger.give_back(entries, now=NOW, order_id=order_id)]


def amounts(entries: list[Entry]) -> list[tuple[str, int]]:
    return [(entry.kind.value, int(entry.amount)) for entry in entries]


def test_an_order_cannot_pay_with_what_it_earns() -> None:
    entries = credited([], 30, "A")
    assert ledger.spendable(entries, NOW) == 30
    assert ledger.spendable(entries, NOW, "A") == 0
    assert ledger.spendable(entries, NOW, "B") == 30


def test_what_ends_first_is_spent_first() -> None:
    entries = spent(credited(credited([], 30, "A", days=90), 10, "B", days=30), 25, "C")
    assert [(entry.lot, int(entry.amount)) for entry in entries[2:]] == [(2, -10), (1, -15)]
    assert ledger.balance(entries) == ledger.spendable(entries, NOW) == 15


def test_only_what_is_there_is_spent() -> None:
    assert ledger.spent(spent(credited([], 30, "A"), 31, "B"), "B") == 30


def test_what_has_ended_is_entered_once_as_of_its_end() -> None:
    entries = spent(credited([], 30, "A"), 10, "B")
    over = ledger.expire(entries, DAYS_90)
    assert [(entry.kind, int(entry.amount), entry.at) for entry in over] == [(EntryKind.EXPIRE, -20, DAYS_90)]
    assert ledger.expire(entries, DAYS_90 - timedelta(seconds=1)) == []
    assert ledger.expire([*entries, *over], DAYS_90) == []
    assert ledger.balance([*entries, *over]) == 0


def test_a_cancelled_payment_comes_back_and_can_be_spent_for_a_while() -> None:
    entries = given_back(spent(credited([], 30, "A", days=1), 30, "B"), "B")
    assert amounts(entries)[2:] == [("reversal", 30)]
    assert entries[-1].expires_at == NOW + ledger.GRACE
    assert ledger.spent(entries, "B") == 0
    assert ledger.given_back(entries, "B") == 30
    assert given_back(entries, "B") == entries


def test_an_order_that_is_cancelled_twice_is_told_what_came_back_last() -> None:
    entries = given_back(spent(credited([], 30, "A"), 20, "B"), "B")
    later = NOW + timedelta(days=1)
    entries = [*entries, *ledger.spend(entries, Decimal(5), now=later, order_id="B")]
    entries = [*entries, *ledger.give_back(entries, now=later, order_id="B")]
    assert ledger.given_back(entries, "B") == 5


def test_a_cancelled_order_loses_what_it_earned() -> None:
    entries = taken_back(credited(credited([], 30, "A"), 5, "B"), "A")
    assert [(entry.lot, int(entry.amount)) for entry in entries[2:]] == [(1, -30)]
    assert ledger.balance(entries) == 5
    assert taken_back(entries, "A") == entries


def test_what_was_spent_already_is_owed_and_paid_by_the_next_credit() -> None:
    entries = taken_back(spent(credited([], 30, "A"), 20, "B"), "A")
    assert amounts(entries)[2:] == [("reversal", -10), ("reversal", -20)]
    assert (ledger.balance(entries), ledger.spendable(entries, NOW)) == (-20, 0)
    entries = credited(entries, 50, "C")
    assert (ledger.balance(entries), ledger.spendable(entries, NOW)) == (30, 30)


def test_what_has_ended_is_not_owed_once_more() -> None:
    entries = credited([], 30, "A")
    entries = [*entries, *ledger.expire(entries, DAYS_90)]
    assert ledger.balance(taken_back(entries, "A")) == 0


def taken_step(step: str, entries: list[Entry], amount: Decimal, now: datetime, order_id: str) -> list[Entry]:
    if step == "credit":
        end = now + timedelta(days=30)
        return ledger.credit(entries, amount, now=now, expires_at=end, order_id=order_id, campaign_id="back")
    if step == "spend":
        return ledger.spend(entries, amount, now=now, order_id=order_id)
    if step == "give_back":
        return ledger.give_back(entries, now=now, order_id=order_id)
    return ledger.take_back(entries, now=now, order_id=order_id, campaign_id="back")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["credit", "spend", "give_back", "take_back"]),
        st.integers(1, 40),
        st.sampled_from("ABCD"),
        st.integers(0, 50),
    ),
    max_size=14,
)


@given(STEPS)
def test_the_balance_is_its_entries_and_nobody_spends_what_is_not_there(
    steps: list[tuple[str, int, str, int]],
) -> None:
    entries: list[Entry] = []
    now = NOW
    for step, amount, order_id, days in steps:
        now += timedelta(days=days)
        entries = [*entries, *ledger.expire(entries, now)]
        before = ledger.balance(entries)
        could = ledger.spendable(entries, now, order_id)
        assert ledger.spendable(entries, now) == max(before, 0)  # all that is left can be spent, and debts cannot
        new = taken_step(step, entries, Decimal(amount), now, order_id)
        entries = [*entries, *new]
        assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
        if step == "spend":
            assert before - ledger.balance(entries) == min(could, amount)
    assert ledger.balance(entries) == sum(entry.amount for entry in entries)

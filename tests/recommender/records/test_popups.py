"""Decisions about popups, over SQLite and PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from recommender.records import Records
from recommender.records.popups import Claim, Decision
from recommender.retention.caps import Caps
from recommender.retention.offers import Budget, Offer
from recommender.retention.reason import Reason
from tests.conftest import NOW

SHOP = "gifts"
FREE = Caps(per_session=None)
DAY = datetime(2025, 6, 15, tzinfo=NOW.tzinfo)
TEN = Offer.model_validate({"percent": 10, "most": 10})


@pytest.fixture(autouse=True)
def _shop(records: Records) -> None:
    records.shops.create(SHOP, [], NOW)


def claim(arm: str, visitor: str | None = "v", **more: Any) -> Claim:
    given = {"caps": FREE, "reserved_until": NOW + timedelta(hours=1), "day_starts": DAY, "currency": "EUR"}
    return Claim(arm, more.pop("campaign", "flash"), visitor, **{**given, **more})


def coded(arm: str, visitor: str | None = "v", **more: Any) -> Claim:
    offer = {"percent": 10, "most": 10, "code": {"generated": {}}, **more.pop("offer", {})}
    return claim(arm, visitor, offer=Offer.model_validate(offer), **more)


def budget(**limits: Any) -> Budget:
    return Budget.model_validate({"currency": "EUR", **limits})


def ask(records: Records, *claims: Claim, now: datetime = NOW) -> list[Decision]:
    return [records.popups.decide(SHOP, one, now) for one in claims]


def reasons(records: Records, *claims: Claim, now: datetime = NOW) -> list[Reason | None]:
    return [decision.reason for decision in ask(records, *claims, now=now)]


def test_a_popup_without_an_offer_is_shown_without_a_code(records: Records) -> None:
    assert ask(records, claim("a")) == [Decision(True)]


def test_the_same_moment_gets_the_same_decision(records: Records) -> None:
    first, second = ask(records, coded("a"), replace(coded("a"), ends_at=NOW + timedelta(hours=9)))
    assert second == replace(first, repeated=True)
    assert first.code is not None
    [refused] = ask(records, claim("b", caps=Caps(per_session=None, per_visitor=1)))
    records.popups.keep_answer(SHOP, "b", b'{"shown":false}')
    assert ask(records, claim("b")) == [replace(refused, repeated=True, answer=b'{"shown":false}')]


def test_who_may_not_be_remembered_gets_no_code_and_leaves_no_trace(records: Records) -> None:
    assert reasons(records, coded("a", None), coded("a", None)) == [Reason.CONSENT] * 2
    assert ask(records, claim("b", None), claim("b", None)) == [Decision(True)] * 2
    assert records.popups.taken(SHOP, "flash", NOW).shown == 0


def test_caps_hold_for_a_browser_and_for_an_account(records: Records) -> None:
    once = Caps(per_session=None, per_visitor=1, days=7)
    claims = [
        claim("a", "v1", customer_id="c", caps=once),
        claim("b", "v1", caps=once),
        claim("c", "v2", customer_id="c", caps=once),
        claim("d", "v2", caps=once),
    ]
    assert reasons(records, *claims) == [None, Reason.CAP, Reason.CAP, None]
    assert reasons(records, claim("e", "v1", caps=once), now=NOW + timedelta(days=7)) == [None]


def test_the_cooldown_is_of_all_campaigns(records: Records) -> None:
    quiet = Caps(per_session=None, cooldown_seconds=60)
    later = NOW + timedelta(seconds=60)
    assert reasons(records, claim("a"), claim("b", campaign="other", caps=quiet)) == [None, Reason.COOLDOWN]
    assert reasons(records, claim("c", campaign="other", caps=quiet), now=later) == [None]


def test_dismissed_stays_dismissed(records: Records) -> None:
    ask(records, claim("a"))
    records.popups.dismiss(SHOP, "a", NOW)
    assert reasons(records, claim("b"), claim("c", campaign="other")) == [Reason.DISMISSED, None]
    assert records.popups.taken(SHOP, "flash", NOW).dismissed == 1


def test_a_person_has_one_living_code_with_its_deadline(records: Records) -> None:
    timed = {"offer": {"minutes": 30}, "ends_at": NOW + timedelta(minutes=30)}
    first, same, other = ask(
        records,
        coded("a", "v1", customer_id="c", **timed),
        coded("b", "v2", customer_id="c", **{**timed, "ends_at": NOW + timedelta(minutes=90)}),
        coded("c", "v3", customer_id="d", **timed),
    )
    assert (same.code, same.ends_at) == (first.code, NOW + timedelta(minutes=30))
    assert other.code != first.code


def test_a_lapsed_timed_offer_does_not_come_back_as_another_one(records: Records) -> None:
    ask(records, coded("a", offer={"minutes": 30}, ends_at=NOW + timedelta(minutes=30)))
    later = NOW + timedelta(days=3)
    asked = [coded("b", campaign="last", offer={"minutes": 5}, ends_at=later + timedelta(minutes=5)), coded("c")]
    asked = [replace(one, reserved_until=later + timedelta(hours=1)) for one in asked]
    assert reasons(records, *asked, now=later) == [Reason.ENDED, None]
    much_later = NOW + timedelta(days=31)
    assert reasons(records, replace(asked[0], arm_id="d"), now=much_later) == [None]


def test_a_budget_is_spent_to_the_last_cent_and_not_further(records: Records) -> None:
    limit = {"budget": budget(total="25.01"), "cost": Decimal("12.50")}
    assert reasons(records, *(coded(f"{n}", f"v{n}", **limit) for n in range(3))) == [None, None, Reason.BUDGET]
    last = {"budget": budget(total="25.01"), "cost": Decimal("0.01")}
    assert reasons(records, *(coded(f"x{n}", f"x{n}", **last) for n in range(2))) == [None, Reason.BUDGET]
    assert records.popups.taken(SHOP, "flash", NOW).money == {"EUR": Decimal("25.01")}


def test_a_days_budget_begins_anew_with_the_shops_day(records: Records) -> None:
    limit = {"budget": budget(per_day=10), "cost": Decimal(10)}
    tomorrow = {**limit, "day_starts": DAY + timedelta(days=1), "reserved_until": NOW + timedelta(days=2)}
    assert reasons(records, coded("a", "v1", **limit), coded("b", "v2", **limit)) == [None, Reason.BUDGET]
    assert reasons(records, coded("c", "v3", **tomorrow), now=NOW + timedelta(hours=13)) == [None]


def test_a_cart_in_another_currency_cannot_take_from_the_budget(records: Records) -> None:
    assert reasons(records, coded("a", budget=budget(total=10), currency="USD")) == [Reason.CURRENCY]


def test_what_nobody_redeemed_goes_back_to_the_budget(records: Records) -> None:
    limit = {"budget": budget(total=10, per_day=10), "cost": Decimal(10)}
    over = NOW + timedelta(hours=1)
    assert reasons(records, coded("a", "v1", **limit), coded("b", "v2", **limit)) == [None, Reason.BUDGET]
    later = {**limit, "reserved_until": over + timedelta(hours=1)}
    assert reasons(records, coded("c", "v3", **later), now=over - timedelta(seconds=1)) == [Reason.BUDGET]
    assert reasons(records, coded("d", "v4", **later), now=over) == [None]
    taken = records.popups.taken(SHOP, "flash", over)
    assert (taken.given, taken.lapsed, taken.money) == (1, 1, {"EUR": Decimal("10.00")})


def test_a_campaign_gives_so_many_codes_an_hour(records: Records) -> None:
    rate = {"offer": {"hourly": 2}}
    asked = [coded(f"{n}", f"v{n}", **rate) for n in range(3)]
    assert reasons(records, *asked) == [None, None, Reason.FARMING]
    assert reasons(records, coded("x", "x", **rate), now=NOW + timedelta(hours=1)) == [None]


def test_a_pool_gives_each_code_once_and_never_again(records: Records) -> None:
    records.pool.upload(SHOP, "flash", ["one", "two"])
    pool = {"offer": {"code": {"pool": True}}}
    decisions = ask(records, *(coded(f"{n}", f"v{n}", **pool) for n in range(3)))
    assert [decision.reason for decision in decisions] == [None, None, Reason.SOLD_OUT]
    assert {decision.code for decision in decisions[:2]} == {"one", "two"}
    assert reasons(records, coded("x", "x", **pool), now=NOW + timedelta(days=9)) == [Reason.SOLD_OUT]


def test_an_empty_pool_takes_nothing_from_the_budget(records: Records) -> None:
    asked = coded("a", offer={"code": {"pool": True}}, budget=budget(total=10), cost=Decimal(5))
    assert reasons(records, asked) == [Reason.SOLD_OUT]
    assert records.popups.taken(SHOP, "flash", NOW).money == {}


def test_a_shared_code_is_given_to_everybody(records: Records) -> None:
    shared = {"offer": {"code": {"shared": "spring"}}}
    assert [one.code for one in ask(records, coded("a", "v1", **shared), coded("b", "v2", **shared))] == ["SPRING"] * 2


def test_figures_of_a_campaign_are_told(records: Records) -> None:
    once = Caps(per_session=None, per_visitor=1)
    ask(records, coded("a"), coded("b", caps=once), coded("c", "w"), claim("d", campaign="other"))
    taken = records.popups.taken(SHOP, "flash", NOW)
    assert (taken.shown, taken.refused, taken.given, taken.redeemed) == (2, {"cap": 1}, 2, 0)


def at_once(count: int, act: Callable[[int], Decision]) -> list[Decision]:
    with ThreadPoolExecutor(8) as threads:
        return [*threads.map(act, range(count))]


def test_many_at_once_get_each_code_of_the_pool_once(records: Records) -> None:
    records.pool.upload(SHOP, "flash", [f"CODE-{n}" for n in range(10)])
    limit = {"offer": {"code": {"pool": True}}, "budget": budget(total="8.50"), "cost": Decimal("1.00")}
    decisions = at_once(40, lambda n: records.popups.decide(SHOP, coded(f"{n}", f"v{n}", **limit), NOW))
    given = [decision.code for decision in decisions if decision.shown]
    assert len(given) == len({*given}) == 8
    assert {decision.reason for decision in decisions} == {None, Reason.BUDGET}


def test_one_visitor_in_many_tabs_is_asked_once(records: Records) -> None:
    once = Caps(per_session=1)
    decisions = at_once(
        16, lambda n: records.popups.decide(SHOP, coded(f"{n}", session_id="s", caps=once, campaign="flash"), NOW)
    )
    assert sum(decision.shown for decision in decisions) == 1


def test_the_same_moment_asked_many_times_at_once_is_decided_once(records: Records) -> None:
    decisions = at_once(
        16, lambda _: records.popups.decide(SHOP, coded("a", budget=budget(total=9), cost=Decimal(9)), NOW)
    )
    assert len({decision.code for decision in decisions}) == 1
    assert sum(not decision.repeated for decision in decisions) == 1


@pytest.mark.parametrize("alone", [True, False], ids=["shown without", "not shown"])
@pytest.mark.parametrize("why", [Reason.OFFER_HOLDOUT, Reason.DOES_NOT_PAY])
def test_who_is_made_no_offer_meets_the_same_caps_and_takes_nothing(
    records: Records, why: Reason, *, alone: bool
) -> None:
    once = Caps(per_session=None, per_visitor=1, days=7)
    given = {"caps": once, "budget": budget(total=10), "cost": Decimal(10), "withheld": why, "alone": alone}
    first, second = ask(records, coded("a", **given), coded("b", **given))
    assert (first.shown, first.reason, first.code) == (alone, None if alone else why, None)
    assert second.reason is Reason.CAP
    assert records.popups.taken(SHOP, "flash", NOW).money == {}
    [again] = ask(records, coded("a", **given))
    assert again == replace(first, repeated=True)
    refused = coded("c", "w", **given | {"objection": Reason.MARGIN})
    assert reasons(records, refused) == [Reason.MARGIN], "what speaks against it comes first"

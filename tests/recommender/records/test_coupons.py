"""Codes at checkout, over SQLite and PostgreSQL."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from sqlalchemy import select

from recommender.catalog.item import Item
from recommender.errors import ConflictError, InputError
from recommender.records import Records
from recommender.records.asking import Asked, Public, RolledBack, Valid
from recommender.records.cashback import Owner
from recommender.records.coupons import Repeatable
from recommender.records.giving import Person
from recommender.records.popups import Claim
from recommender.records.tables import CASHBACK
from recommender.retention.caps import Caps
from recommender.retention.cart import Cart, Line
from recommender.retention.checkout import HOLD, Refusal, Refused
from recommender.retention.offers import Budget, Offer
from tests.conftest import NOW

SHOP = "gifts"
DAY = datetime(2025, 6, 15, tzinfo=NOW.tzinfo)
END = NOW + timedelta(minutes=30)
TEN = Budget.model_validate({"total": 10, "per_day": 10, "currency": "EUR"})


@pytest.fixture(autouse=True)
def _shop(records: Records) -> None:
    records.shops.create(SHOP, [], NOW)


def offer(**members: Any) -> Offer:
    benefit = {} if {"amount", "cashback", "gift", "tiers", "free_shipping"} & members.keys() else {"percent": 10}
    return Offer.model_validate({**benefit, "code": {"generated": {}}, **members})


def give(records: Records, visitor: str = "v", customer: str | None = None, **more: Any) -> str:
    """A code of a campaign, ending in half an hour."""
    promised = more.pop("offer", None) or offer()
    claim = Claim(
        f"arm-{visitor}-{more.get('campaign', 'flash')}",
        more.pop("campaign", "flash"),
        visitor,
        customer,
        caps=Caps(per_session=None),
        offer=promised,
        currency="EUR",
        day_starts=DAY,
        **{"ends_at": END, "reserved_until": END, **more},
    )
    decision = records.popups.decide(SHOP, claim, NOW)
    assert decision.code is not None, decision
    return decision.code


def cart(total: str = "100", currency: str = "EUR") -> Cart:
    return Cart(currency, (Line("lamp", Decimal(1), Decimal(total)),))


def asked(code: str, total: str = "100", order: str | None = None, **more: Any) -> Asked:
    person = Person(more.pop("customer", None), more.pop("visitor", None))
    return Asked(code, cart(total, more.pop("currency", "EUR")), person, order, **more)


def shown(valid: Valid) -> dict[str, Any]:
    found = valid.benefit
    credited = valid.credited
    return {
        "discount": str(found.discount),
        "cashback": str(found.cashback),
        "balance": credited and str(credited.balance),
        "code": credited and credited.code,
    }


def validate(records: Records, code: str, total: str = "100", now: datetime = NOW, **more: Any) -> str | Refusal:
    found = records.coupons.validate(SHOP, asked(code, total, **more), now)
    return found.reason if isinstance(found, Refused) else str(found.benefit.discount)


def redeem(
    records: Records, code: str, order: str, total: str = "100", *, now: datetime = NOW, key: str = "", **more: Any
) -> dict[str, Any] | Refusal:
    repeatable = Repeatable(key, f"{code}|{order}|{total}") if key else None
    found = records.coupons.redeem(SHOP, asked(code, total, order, **more), now, shown, repeatable)
    return found.reason if isinstance(found, Refused) else found


def roll_back(records: Records, code: str, order: str, now: datetime = NOW, key: str = "") -> dict[str, Any] | None:
    def told(back: RolledBack) -> dict[str, Any]:
        return {"discount": str(back.discount), "cashback": str(back.cashback), "usable": back.usable}

    return records.coupons.rollback(SHOP, code, order, now, told, Repeatable(key, code + order) if key else None)


def discount(answer: Mapping[str, Any] | Refusal) -> Any:
    return answer if isinstance(answer, Refusal) else answer["discount"]


def taken(records: Records, now: datetime = NOW) -> Decimal:
    return records.popups.taken(SHOP, "flash", now).money.get("EUR", Decimal())


class TestALife:
    def test_a_given_code_is_valid_is_redeemed_once_and_can_be_rolled_back(self, records: Records) -> None:
        code = give(records)
        assert validate(records, code.lower(), "99.99") == "9.99"
        assert discount(redeem(records, code, "o1", "99.99")) == "9.99"
        assert validate(records, code) is Refusal.REDEEMED
        assert redeem(records, code, "o2") is Refusal.REDEEMED
        assert roll_back(records, code, "o1") == {"discount": "9.99", "cashback": "0.00", "usable": True}
        assert validate(records, code) == "10.00"
        assert discount(redeem(records, code, "o2")) == "10.00"

    def test_each_step_can_be_repeated(self, records: Records) -> None:
        code = give(records)
        assert redeem(records, code, "o1") == redeem(records, code, "o1", "40")
        first = roll_back(records, code, "o1")
        assert roll_back(records, code, "o1") == first
        assert roll_back(records, code, "o2") is None

    def test_an_idempotency_key_stands_for_one_call(self, records: Records) -> None:
        code = give(records)
        first = redeem(records, code, "o1", key="k")
        roll_back(records, code, "o1", key="k2")
        assert redeem(records, code, "o1", key="k") == first  # told again, not done again
        assert validate(records, code) == "10.00"
        with pytest.raises(ConflictError, match="Idempotency-Key: 'k' came with another call"):
            redeem(records, code, "o1", "50", key="k")

    def test_a_code_nobody_was_given_is_unknown(self, records: Records) -> None:
        records.pool.upload(SHOP, "flash", ["POOL-1"])
        assert validate(records, "NOPE") is Refusal.UNKNOWN
        assert redeem(records, "POOL-1", "o1") is Refusal.UNKNOWN
        assert roll_back(records, "NOPE", "o1") is None

    def test_a_mistyped_code_is_told_apart_from_an_unknown_one(self, records: Records) -> None:
        code = give(records)
        other = "1" if code[-1] == "0" else "0"
        found = [records.coupons.validate(SHOP, asked(typed), NOW) for typed in (code[:-1] + other, "SPRING")]
        details = [one.detail for one in found if isinstance(one, Refused)]
        assert details == [
            "the code is mistyped: its letters do not belong together", "no such code was given to anybody",
        ]  # fmt: skip

    def test_what_was_promised_holds_when_the_campaign_changes(self, records: Records) -> None:
        code = give(records, offer=offer(percent=20))
        give(records, "w", offer=offer(percent=5))
        assert validate(records, code) == "20.00"

    def test_many_orders_at_once_redeem_a_code_once(self, records: Records) -> None:
        code = give(records)
        with ThreadPoolExecutor(8) as threads:
            answers = [*threads.map(lambda n: redeem(records, code, f"o{n}"), range(16))]
        assert sum(not isinstance(answer, Refusal) for answer in answers) == 1

    def test_one_key_many_times_at_once_is_one_call(self, records: Records) -> None:
        code = give(records)
        with ThreadPoolExecutor(8) as threads:
            answers = [*threads.map(lambda _: str(redeem(records, code, "o1", key="k")), range(16))]
        assert len({*answers}) == 1


class TestDeadlines:
    @pytest.mark.parametrize(("late", "found"), [(-1, "10.00"), (0, Refusal.EXPIRED)])
    def test_a_deadline_really_ends(self, records: Records, late: int, found: str | Refusal) -> None:
        code = give(records, offer=offer(minutes=30))
        assert validate(records, code, now=END + timedelta(seconds=late)) == found

    def test_who_validated_in_time_may_pay_a_little_later(self, records: Records) -> None:
        code = give(records, offer=offer(minutes=30))
        validate(records, code, now=END - timedelta(seconds=1))
        late = END + HOLD - timedelta(seconds=2)
        assert validate(records, code, now=late) is Refusal.EXPIRED
        assert discount(redeem(records, code, "o1", now=late)) == "10.00"

    def test_who_did_not_may_not(self, records: Records) -> None:
        code = give(records, offer=offer(minutes=30))
        assert redeem(records, code, "o1", now=END) is Refusal.EXPIRED
        validate(records, code)
        assert redeem(records, code, "o1", now=NOW + timedelta(hours=1)) is Refusal.EXPIRED

    def test_a_code_rolled_back_after_its_end_is_over(self, records: Records) -> None:
        code = give(records, offer=offer(minutes=30))
        redeem(records, code, "o1")
        back = roll_back(records, code, "o1", END)
        assert back is not None
        assert not back["usable"]
        assert validate(records, code, now=END) is Refusal.EXPIRED


class TestRefusals:
    def test_another_customers_code_is_refused(self, records: Records) -> None:
        code = give(records, customer="c")
        assert validate(records, code, customer="d") is Refusal.OWNER
        assert validate(records, code, customer="c") == "10.00"
        assert validate(records, code, visitor="another browser") == "10.00"

    def test_a_customer_uses_one_code_of_a_campaign(self, records: Records) -> None:
        codes = [give(records, visitor) for visitor in ("v1", "v2")]
        redeem(records, codes[0], "o1", customer="c")
        assert validate(records, codes[1], customer="c") is Refusal.ONCE
        assert redeem(records, codes[1], "o2", customer="c") is Refusal.ONCE
        assert validate(records, codes[1], customer="d") == "10.00"

    def test_codes_are_used_together_only_where_all_allow_it(self, records: Records) -> None:
        alone = give(records)
        open_ = give(records, campaign="a", offer=offer(stackable=True))
        other = give(records, campaign="b", offer=offer(amount=95, currency="EUR", stackable=True))
        assert validate(records, open_, with_codes=(alone,)) is Refusal.STACKING
        assert validate(records, alone, with_codes=(open_,)) is Refusal.STACKING
        assert validate(records, open_, with_codes=(other, "THE-SHOPS-OWN")) == "5.00"  # no more is left to pay

    @pytest.mark.parametrize(
        ("members", "total", "currency", "found"),
        [
            ({"minimum": 50}, "49.99", "EUR", Refusal.MINIMUM),
            ({"tiers": True}, "100.00", "EUR", Refusal.MINIMUM),
            ({"tiers": True}, "100.01", "EUR", "5.00"),
            ({"currency": "EUR"}, "100", "USD", Refusal.CURRENCY),
            ({}, "1999", "JPY", "199"),
        ],
    )
    def test_a_cart_must_be_what_the_offer_wants(
        self, records: Records, members: dict[str, Any], total: str, currency: str, found: object
    ) -> None:
        code = give(records, offer=offer(**members))
        assert validate(records, code, total, currency=currency) == found

    def test_the_margin_floor_asks_the_catalogue(self, records: Records) -> None:
        code = give(records, offer=offer(margin_floor="0.2"))
        assert validate(records, code) is Refusal.MARGIN
        records.catalog.put(SHOP, [Item.parse({"id": "lamp", "cost": "72"})], NOW)
        assert validate(records, code) == "10.00"
        records.catalog.patch(SHOP, "lamp", {"cost": "72.01"})
        assert redeem(records, code, "o1") is Refusal.MARGIN


class TestBudgets:
    def test_what_was_set_aside_and_not_needed_goes_back_at_once(self, records: Records) -> None:
        code = give(records, offer=offer(most=10), budget=TEN, cost=Decimal(10))
        assert taken(records) == 10
        redeem(records, code, "o1", "60")
        assert taken(records) == 6
        roll_back(records, code, "o1")
        assert taken(records) == 10

    def test_a_rolled_back_code_takes_no_more_than_is_left(self, records: Records) -> None:
        code = give(records, offer=offer(most=10), budget=TEN, cost=Decimal(10))
        redeem(records, code, "o1", "60")
        give(records, "w", offer=offer(most=4), budget=TEN, cost=Decimal(4))
        roll_back(records, code, "o1")
        assert taken(records) == 10
        assert validate(records, code) == "6.00"

    def test_nobody_gets_more_than_was_set_aside(self, records: Records) -> None:
        code = give(records, offer=offer(most=10), budget=TEN, cost=Decimal(3))
        assert discount(redeem(records, code, "o1", "100")) == "3.00"
        assert taken(records) == 3

    def test_a_cart_in_another_currency_is_refused(self, records: Records) -> None:
        code = give(records, offer=offer(most=10), budget=TEN, cost=Decimal(10))
        assert validate(records, code, currency="USD") is Refusal.CURRENCY

    def test_a_lapsed_code_gives_its_budget_back_for_good(self, records: Records) -> None:
        code = give(records, offer=offer(most=10), budget=TEN, cost=Decimal(10))
        assert taken(records, END) == 0
        assert redeem(records, code, "o1", now=END) is Refusal.EXPIRED
        assert taken(records, END) == 0

    def test_a_code_at_the_checkout_keeps_its_budget(self, records: Records) -> None:
        code = give(records, offer=offer(most=10, minutes=30), budget=TEN, cost=Decimal(10))
        validate(records, code, now=END - timedelta(seconds=1))
        assert taken(records, END) == 10
        assert taken(records, END + HOLD) == 0


class TestSharedCodes:
    def public(self, **members: Any) -> Callable[[str], Public | None]:
        found = Public("flash", offer(code={"shared": "SPRING"}, **members.pop("offer", {})), **members)
        return {"SPRING": found}.get

    def test_everybody_may_use_it_once_an_order(self, records: Records) -> None:
        public = self.public()
        assert validate(records, "spring", public=public) == "10.00"
        answers = [redeem(records, "spring", order, public=public) for order in ("o1", "o2", "o1")]
        assert [discount(answer) for answer in answers] == ["10.00"] * 3
        assert records.popups.taken(SHOP, "flash", NOW).redeemed == 2

    def test_a_known_customer_uses_it_once(self, records: Records) -> None:
        public = self.public()
        redeem(records, "SPRING", "o1", customer="c", public=public)
        assert validate(records, "SPRING", customer="c", public=public) is Refusal.REDEEMED
        assert validate(records, "SPRING", customer="d", public=public) == "10.00"
        roll_back(records, "SPRING", "o1")
        assert discount(redeem(records, "SPRING", "o2", customer="c", public=public)) == "10.00"

    def test_each_visitor_has_the_deadline_that_they_saw(self, records: Records) -> None:
        timed = {"minutes": 30}
        code = give(records, "v", offer=offer(code={"shared": "SPRING"}, **timed))
        public = self.public(offer=timed)
        assert validate(records, code, visitor="v", public=public) == "10.00"
        assert validate(records, code, visitor="v", public=public, now=END) is Refusal.EXPIRED
        refused = records.coupons.validate(SHOP, asked(code, public=public), NOW)
        assert isinstance(refused, Refused)
        assert "send the customer_id or visitor_id" in refused.detail

    def test_it_keeps_to_the_budget_without_a_popup(self, records: Records) -> None:
        public = self.public(offer={"most": 6}, budget=TEN, day_starts=DAY)
        assert discount(redeem(records, "SPRING", "o1", public=public)) == "6.00"
        assert redeem(records, "SPRING", "o2", public=public) is Refusal.BUDGET
        assert discount(redeem(records, "SPRING", "o2", "40", public=public)) == "4.00"
        assert validate(records, "SPRING", public=public) is Refusal.BUDGET
        assert taken(records) == 10
        roll_back(records, "SPRING", "o1")
        assert taken(records) == 4


class TestCashback:
    BACK: ClassVar[dict[str, Any]] = {"cashback": {"percent": 15, "expires_days": 90}}

    def earn(self, records: Records, order: str = "o1", total: str = "200", **who: str) -> str:
        who = who or {"customer": "c"}
        code = give(records, f"v-{order}", offer=offer(**self.BACK), campaign=f"back-{order}")
        answer = redeem(records, code, order, total, **who)
        assert not isinstance(answer, Refusal)
        self.code = code
        return str(answer["code"])

    def balance(self, records: Records, now: datetime = NOW) -> str:
        [account] = records.cashback.accounts(SHOP, Owner("customer", "c"), now)
        assert account.balance == sum(entry.amount for entry in account.entries)
        return str(account.balance)

    def test_an_order_earns_for_the_next_one(self, records: Records) -> None:
        code = self.earn(records)
        assert self.balance(records) == "30.00"
        assert validate(records, code, "20") == "20.00"
        assert validate(records, code, "200") == "30.00"
        assert discount(redeem(records, code, "o2", "20")) == "20.00"
        assert self.balance(records) == "10.00"

    def test_one_code_stands_for_all_that_a_customer_earns(self, records: Records) -> None:
        assert self.earn(records, "o1") == self.earn(records, "o2", "100")
        assert self.balance(records) == "45.00"

    def test_paying_can_be_repeated_and_rolled_back(self, records: Records) -> None:
        code = self.earn(records)
        assert redeem(records, code, "o2", "20") == redeem(records, code, "o2", "20")
        assert self.balance(records) == "10.00"
        back = {"discount": "20.00", "cashback": "0.00", "usable": True}
        assert [roll_back(records, code, "o2"), roll_back(records, code, "o2")] == [back, back]
        assert self.balance(records) == "30.00"
        assert roll_back(records, code, "o9") is None

    def test_an_order_cannot_pay_with_what_it_earned(self, records: Records) -> None:
        code = self.earn(records)
        assert redeem(records, code, "o1") is Refusal.EMPTY

    def test_a_cancelled_order_loses_what_it_earned(self, records: Records) -> None:
        self.earn(records)
        back = {"discount": "0.00", "cashback": "30.00", "usable": True}
        assert [roll_back(records, self.code, "o1"), roll_back(records, self.code, "o1")] == [back, back]
        assert self.balance(records) == "0.00"

    def test_what_was_spent_before_the_order_was_cancelled_is_owed(self, records: Records) -> None:
        code = self.earn(records)
        redeem(records, code, "o2", "20")
        roll_back(records, self.code, "o1")
        assert self.balance(records) == "-20.00"
        assert validate(records, code) is Refusal.EMPTY

    def test_it_ends(self, records: Records) -> None:
        code = self.earn(records)
        end = NOW + timedelta(days=90)
        assert validate(records, code, now=end - timedelta(seconds=1)) == "30.00"
        assert validate(records, code, now=end) is Refusal.EMPTY
        assert self.balance(records, end) == "0.00"

    def test_it_is_its_owners(self, records: Records) -> None:
        code = self.earn(records)
        assert validate(records, code, customer="d") is Refusal.OWNER
        assert validate(records, code, currency="USD") is Refusal.CURRENCY

    def test_it_pays_together_with_any_code(self, records: Records) -> None:
        code = self.earn(records)
        other = give(records, "w", offer=offer(amount=85, currency="EUR"))
        assert validate(records, other, with_codes=(code,)) == "85.00"
        assert validate(records, code, with_codes=(other,)) == "15.00"

    def test_a_guest_earns_by_browser(self, records: Records) -> None:
        code = self.earn(records, visitor="v-o1")
        assert validate(records, code) == "30.00"

    def test_somebody_must_be_credited(self, records: Records) -> None:
        found = Public("flash", offer(code={"shared": "SPRING"}, **self.BACK))
        with pytest.raises(InputError, match="customer_id"):
            redeem(records, "SPRING", "o1", public={"SPRING": found}.get)

    def test_orders_at_once_spend_the_balance_once(self, records: Records) -> None:
        code = self.earn(records)
        with ThreadPoolExecutor(8) as threads:
            answers = [*threads.map(lambda n: redeem(records, code, f"p{n}", "20"), range(12))]
        paid = sorted(answer["discount"] for answer in answers if not isinstance(answer, Refusal))
        assert paid == ["10.00", "20.00"]
        assert self.balance(records) == "0.00"


class TestPersons:
    def test_everything_of_a_person_is_told(self, records: Records) -> None:
        code = give(records, customer="c", offer=offer(cashback={"percent": 10}))
        redeem(records, code, "o1")
        told = records.persons.export(SHOP, "customer", "c", NOW)
        assert [popup["campaign_id"] for popup in told["popups"]] == ["flash"]
        assert [(one["code"], one["order_id"]) for one in told["coupons"]] == [(code, "o1")]
        assert [(one["balance"], len(one["entries"])) for one in told["cashback"]] == [("10.00", 1)]
        nothing = {"popups": [], "coupons": [], "cashback": []}
        assert records.persons.export(SHOP, "customer", "d", NOW) == nothing

    def test_erasing_keeps_the_books_and_forgets_whose_they_are(self, records: Records) -> None:
        code = give(records, customer="c", offer=offer(cashback={"percent": 10}))
        answer = redeem(records, code, "o1")
        assert not isinstance(answer, Refusal)
        records.persons.erase(SHOP, "customer", "c")
        assert records.persons.export(SHOP, "customer", "c", NOW) == {"popups": [], "coupons": [], "cashback": []}
        assert validate(records, answer["code"]) is Refusal.UNKNOWN
        with records.database.read() as connection:
            rows = [(row.owner_kind, row.owner == "c", row.amount) for row in connection.execute(select(CASHBACK))]
        assert rows == [("erased", False, 1000)]
        assert records.popups.taken(SHOP, "flash", NOW).redeemed == 1

    def test_an_unused_code_is_erased_and_its_budget_comes_back(self, records: Records) -> None:
        code = give(records, offer=offer(most=10), budget=TEN, cost=Decimal(10))
        records.persons.erase(SHOP, "visitor", "v")
        assert taken(records) == 0
        assert validate(records, code) is Refusal.UNKNOWN

    def test_a_customers_code_outlasts_the_browser(self, records: Records) -> None:
        code = give(records, customer="c")
        records.persons.erase(SHOP, "visitor", "v")
        assert validate(records, code, customer="c") == "10.00"


class TestPool:
    def test_uploaded_codes_are_counted_and_told_apart(self, records: Records) -> None:
        first = records.pool.upload(SHOP, "flash", ["A1", " a1 ", "B2", "C3"])
        second = records.pool.upload(SHOP, "other", ["B2", "D4"])
        assert [(one.added, one.duplicates) for one in (first, second)] == [(3, 1), (1, 1)]
        counts = records.pool.counts(SHOP, NOW)
        assert [(one.campaign_id, one.free) for one in counts] == [("flash", 3), ("other", 1)]

    def test_more_codes_than_a_chunk_are_all_there(self, records: Records) -> None:
        assert records.pool.upload(SHOP, "flash", (f"C{n}" for n in range(1201))).added == 1201
        assert len([*records.pool.codes(SHOP)]) == 1201

    @pytest.mark.parametrize("code", ["", "  ", "x" * 65, "a\0b"])
    def test_what_cannot_be_a_code_is_refused(self, records: Records, code: str) -> None:
        with pytest.raises(InputError, match="code"):
            records.pool.upload(SHOP, "flash", [code])

    def test_what_became_of_each_code_is_told(self, records: Records) -> None:
        records.pool.upload(SHOP, "flash", ["A1", "B2", "C3", "D4"])
        pooled = offer(code={"pool": True})
        used, _, over = (give(records, visitor, offer=pooled) for visitor in ("v1", "v2", "v3"))
        redeem(records, used, "o1", customer="c")
        found = [(one.code, one.state, one.customer_id, one.order_id) for one in records.pool.codes(SHOP, "flash")]
        assert found == [
            ("A1", "redeemed", "c", "o1"),
            ("B2", "given", None, None),
            (over, "given", None, None),
            ("D4", "free", None, None),
        ]
        [counts] = records.pool.counts(SHOP, END, "flash")
        assert (counts.free, counts.given, counts.redeemed, counts.lapsed) == (1, 0, 1, 2)

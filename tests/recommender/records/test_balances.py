"""Whatever orders do, a balance is the sum of its entries."""

from decimal import Decimal
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from recommender.records import Records
from recommender.records.asking import Asked, Public
from recommender.records.cashback import Owner
from recommender.records.giving import Person
from recommender.records.tables import CASHBACK
from recommender.retention.cart import Cart, Line
from recommender.retention.offers import Offer
from tests.conftest import NOW

ORDERS = ("o1", "o2", "o3")
BACK = Offer.model_validate({"cashback": {"percent": 15}})
STEPS = st.lists(
    st.tuples(st.sampled_from(["earn", "pay", "cancel"]), st.sampled_from(ORDERS), st.integers(0, 30_000)), max_size=10
)
NUMBERS = count()


def step(records: Records, shop: str, what: str, order: str, price: Decimal) -> None:
    """One customer's orders; each has a campaign and a code of its own, so that all may earn."""
    public = {f"BACK-{order}".upper(): Public(f"back-{order}", BACK)}.get
    cart = Cart("EUR", (Line("x", Decimal(1), price),))
    accounts = records.cashback.accounts(shop, Owner("customer", "c"), NOW)
    code = accounts[0].code if accounts else None
    if what == "earn":
        earning = Asked(f"BACK-{order}", cart, Person("c"), order, public=public)
        records.coupons.redeem(shop, earning, NOW, lambda _: {})
    elif what == "pay" and code is not None:
        records.coupons.redeem(shop, Asked(code, cart, Person("c"), order), NOW, lambda _: {})
    elif what == "cancel":
        for used in filter(None, (f"BACK-{order}", code)):
            records.coupons.rollback(shop, used, order, NOW, lambda _: {})


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_a_balance_is_the_sum_of_its_entries(records: Records, steps: list[tuple[str, str, int]]) -> None:
    shop = f"shop-{next(NUMBERS)}"
    records.shops.create(shop, [], NOW)
    for what, order, cents in steps:
        step(records, shop, what, order, Decimal(cents) / 100)
        own = select(func.coalesce(func.sum(CASHBACK.c.amount), 0)).where(CASHBACK.c.shop == shop)
        with records.database.read() as connection:
            coins = int(connection.scalar(own) or 0)
        accounts = records.cashback.accounts(shop, Owner("customer", "c"), NOW)
        assert sum(account.balance for account in accounts) == Decimal(coins) / 100
        for account in accounts:
            assert [entry.number for entry in account.entries] == [*range(1, len(account.entries) + 1)]

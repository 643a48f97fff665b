"""The records' tables, the same in SQLite and PostgreSQL."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

SCHEMA_VERSION = 6
"""1: shops, catalogue, configuration. 2: popups, coupons, cashback. 3: weights, old configurations, ends of keys.
4: erasures. 5: indexes by age. 6: erased events; the oldest version that works with these tables."""
OLDEST_VERSION = 5
"""Whose code works with these tables as well: processes of two versions share them during an update. Raised by the
version after the one that did without what is taken away."""


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite would forget the time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """As UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


METADATA = MetaData()

_SHOP = String(63)
_ID = String(256)
_CODE = String(64)
_CURRENCY = String(3)
_NUMBER = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only what it calls INTEGER


def _of_shop() -> Column[str]:
    return Column("shop", _SHOP, ForeignKey("shops.name"), primary_key=True)


VERSION = Table(
    "schema_version",
    METADATA,
    Column("version", Integer, primary_key=True),
    Column("oldest", Integer),  # the oldest version whose code works with these tables; null: this one
)

SHOPS = Table(
    "shops",
    METADATA,
    Column("name", _SHOP, primary_key=True),
    Column("origins", Text, nullable=False),  # JSON list
    Column("signing_key", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("catalog_revision", BigInteger, nullable=False, default=0),
)

KEYS = Table(
    "keys",
    METADATA,
    Column("digest", String(64), primary_key=True),  # SHA-256, hexadecimal
    Column("shop", _SHOP, ForeignKey("shops.name"), nullable=False, index=True),
    Column("kind", String(6), nullable=False),  # public | secret
    Column("shown", String(80), nullable=False),  # a public key itself; of a secret key only its end
    Column("created_at", Moment, nullable=False),
)

KEY_ENDS = Table(
    "key_ends",
    METADATA,
    Column("digest", String(64), ForeignKey("keys.digest"), primary_key=True),
    Column("ends_at", Moment, nullable=False),  # a key that was replaced works until then
)

ITEMS = Table(
    "items",
    METADATA,
    _of_shop(),
    Column("item_id", String(256), primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("document", Text),  # JSON; null: deleted
    Column("added_at", Moment, nullable=False),
    Index("items_changes", "shop", "revision", "item_id"),
)

PRICES = Table(
    "prices",
    METADATA,
    _of_shop(),
    Column("item_id", String(256), primary_key=True),
    Column("until", Moment, primary_key=True),  # when it was no longer asked
    Column("price", Text, nullable=False),  # decimal
    Index("prices_age", "shop", "until"),
)

CONFIGURATIONS = Table(
    "configurations",
    METADATA,
    _of_shop(),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),  # JSON
)

PAST_CONFIGURATIONS = Table(
    "past_configurations",
    METADATA,
    _of_shop(),
    Column("version", Integer, primary_key=True),
    Column("document", Text, nullable=False),  # JSON, as it was until the next version
)

WEIGHTS = Table(
    "weights",
    METADATA,
    _of_shop(),
    Column("experiment", String(64), primary_key=True),
    Column("starts", Moment, primary_key=True),
    Column("weights", Text, nullable=False),  # JSON
)

IMPORTS = Table(
    "imports",
    METADATA,
    _of_shop(),
    Column("fingerprint", String(128), primary_key=True),
    Column("name", Text, nullable=False),
    Column("summary", Text, nullable=False),  # JSON
    Column("imported_at", Moment, nullable=False),
)

LEASES = Table(
    "leases",
    METADATA,
    Column("name", String(128), primary_key=True),
    Column("holder", String(128), nullable=False),
    Column("expires_at", Float(53), nullable=False),  # Unix time
)

POPUPS = Table(
    "popups",
    METADATA,
    _of_shop(),
    Column("arm_id", String(128), primary_key=True),
    Column("campaign_id", String(64), nullable=False),
    Column("visitor_id", _ID, nullable=False),
    Column("customer_id", _ID),
    Column("session_id", _ID),
    Column("decided_at", Moment, nullable=False),
    Column("shown", Boolean, nullable=False),
    Column("reason", String(32)),
    Column("coupon_id", BigInteger),
    Column("dismissed_at", Moment),
    Column("answer", LargeBinary),
    Column("banner", Boolean, nullable=False),
    Index("popups_visitor", "shop", "visitor_id"),
    Index("popups_customer", "shop", "customer_id"),
    Index("popups_campaign", "shop", "campaign_id"),
    Index("popups_age", "shop", "decided_at"),
)

COUPONS = Table(
    "coupons",
    METADATA,
    Column("coupon_id", _NUMBER, primary_key=True, autoincrement=True),
    Column("shop", _SHOP, ForeignKey("shops.name"), nullable=False),
    Column("kind", String(9), nullable=False),  # shared | pool | generated | balance
    Column("code", _CODE, nullable=False),
    Column("code_key", _CODE, nullable=False),  # as codes are compared
    Column("unique_key", _CODE),  # the same, but null for a shared code
    Column("campaign_id", String(64)),  # null: the code of a cashback balance
    Column("visitor_id", _ID),
    Column("customer_id", _ID),
    Column("offer", Text),  # JSON, as it was promised
    Column("timed", Boolean, nullable=False),
    Column("state", String(8), nullable=False),  # given | redeemed | lapsed
    Column("given_at", Moment, nullable=False),
    Column("ends_at", Moment),  # the promise
    Column("reserved_until", Moment),  # what was set aside goes back to the budget
    Column("held_until", Moment),  # a checkout that validated it in time may still redeem it
    Column("reserved", BigInteger),  # coins; null: no budget
    Column("budget", Text),  # JSON, as it was then
    Column("budget_currency", _CURRENCY),
    Column("budget_day", Moment),  # the day whose budget it is taken from
    Column("order_id", _ID),
    Column("redeemed_at", Moment),
    Column("currency", _CURRENCY),
    Column("discount", BigInteger),  # coins
    Column("cashback", BigInteger),  # coins
    Column("cost", BigInteger),  # coins, as the budget counts them
    UniqueConstraint("shop", "unique_key"),
    Index("coupons_code", "shop", "code_key"),
    Index("coupons_lapsing", "shop", "campaign_id", "state", "reserved_until"),
    Index("coupons_given", "shop", "campaign_id", "given_at"),
    Index("coupons_visitor", "shop", "visitor_id"),
    Index("coupons_customer", "shop", "customer_id"),
    Index("coupons_age", "shop", "given_at"),
)

COUPON_POOL = Table(
    "coupon_pool",
    METADATA,
    _of_shop(),
    Column("code_key", _CODE, primary_key=True),
    Column("code", _CODE, nullable=False),
    Column("campaign_id", String(64), nullable=False),
    Column("given", Boolean, nullable=False),
    Index("coupon_pool_free", "shop", "campaign_id", "given", "code_key"),
)

COUPON_CALLS = Table(
    "coupon_calls",
    METADATA,
    _of_shop(),
    Column("key", _ID, primary_key=True),  # Idempotency-Key
    Column("asked", String(64), nullable=False),  # SHA-256 of the call, hexadecimal
    Column("answer", Text, nullable=False),  # JSON
    Column("at", Moment, nullable=False),
    Index("coupon_calls_age", "shop", "at"),
)

BUDGETS = Table(
    "budgets",
    METADATA,
    _of_shop(),
    Column("campaign_id", String(64), primary_key=True),
    Column("currency", _CURRENCY, primary_key=True),
    Column("day", String(32), primary_key=True),  # its first moment; empty: in all
    Column("taken", BigInteger, nullable=False),  # coins, reserved and spent
)

CASHBACK = Table(
    "cashback",
    METADATA,
    _of_shop(),
    Column("owner_kind", String(8), primary_key=True),  # customer | visitor | erased
    Column("owner", _ID, primary_key=True),
    Column("currency", _CURRENCY, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", String(8), nullable=False),  # credit | spend | expire | reversal
    Column("amount", BigInteger, nullable=False),  # coins
    Column("at", Moment, nullable=False),
    Column("order_id", _ID),
    Column("campaign_id", String(64)),
    Column("lot", Integer),
    Column("reverses", Integer),
    Column("expires_at", Moment),
)

ERASURES = Table(
    "erasures",
    METADATA,
    _of_shop(),
    Column("digest", String(32), primary_key=True),  # of the person's key, with the shop's secret; hexadecimal
    Column("erased_at", Moment, nullable=False),
    Column("rewritten_at", Moment),  # when no artifact held the person any more
)

ERASED_EVENTS = Table(
    "erased_events",
    METADATA,
    _of_shop(),
    Column("digest", String(32), primary_key=True),  # of a person all of whose events go that were received before
    Column("erased_at", Moment, nullable=False),
    Column("gone_at", Moment),  # when the log held none of them any more
)

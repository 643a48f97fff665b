"""The records' tables, the same in SQLite and PostgreSQL."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

SCHEMA_VERSION = 1


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


def _of_shop() -> Column[str]:
    return Column("shop", _SHOP, ForeignKey("shops.name"), primary_key=True)


VERSION = Table("schema_version", METADATA, Column("version", Integer, primary_key=True))

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
)

CONFIGURATIONS = Table(
    "configurations",
    METADATA,
    _of_shop(),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),  # JSON
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

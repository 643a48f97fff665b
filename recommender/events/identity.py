"""Who is who: links between visitors (browsers) and customers (accounts), and the person behind each row.

A row that names both a visitor and a customer is a login; only customer tokens, the shop's server and imports can
write one.

- A visitor with one customer is that customer from 30 days before the first login on.
- A visitor with several (a shared computer) is a customer only after a login: until the next one, and in a session in
  which another customer logs in later, only from that login on.
- An id that implausibly many others go with is no person but a default (`undefined`, `0`, `guest`): it links nobody,
  and rows that have no other id are nobody's.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from recommender.days import SESSION_GAP
from recommender.events import schema

if TYPE_CHECKING:
    import polars as pl

PERSON = "person"
SINCE = "since"
MERGED_BACK = timedelta(days=30)
MOST_CUSTOMERS, MOST_CUSTOMERS_A_DAY = 20, 10
"""Of one visitor: families and shared computers have fewer."""
MOST_VISITORS, MOST_VISITORS_A_DAY = 200, 20
"""Of one customer: a browser that forgets its id every week makes some fifty a year."""
_CUSTOMER = "customer:"
_VISITOR = "visitor:"


def person_of_customer(customer_id: str) -> str:
    """The person that an account is."""
    return _CUSTOMER + customer_id


def person_of_visitor(visitor_id: str) -> str:
    """The person that a browser without an account is."""
    return _VISITOR + visitor_id


def login() -> "pl.Expr":
    """Whether a row is a login: it names a visitor and a customer."""
    import polars as pl

    return pl.col(schema.VISITOR_ID).is_not_null() & pl.col(schema.CUSTOMER_ID).is_not_null()


def links(events: "pl.LazyFrame") -> "pl.LazyFrame":
    """Visitors that are one customer: `visitor_id`, `customer_id`, and `since` when their rows are the customer's.

    A visitor with several customers has no row here: who it is depends on the moment.
    """
    return _links(_plausible(events))


def with_person(events: "pl.LazyFrame") -> "pl.LazyFrame":
    """The same rows in the same order with `person`: who did it; null for rows without any id that is a person's.

    Persons are named `customer:<id>` or `visitor:<id>`, so that equal ids of the two kinds stay apart.
    """
    import polars as pl

    row = "__row"
    numbered = events.with_row_index(row)
    known = _plausible(numbered)
    single = _links(known).rename({schema.CUSTOMER_ID: "__single"})
    shared = _shared(known, row).rename({schema.CUSTOMER_ID: "__shared"})
    after = pl.col(schema.TIMESTAMP) >= pl.col(SINCE)
    customer = pl.coalesce(schema.CUSTOMER_ID, pl.when(after).then(pl.col("__single")), "__shared")
    persons = (
        known.join(single, on=schema.VISITOR_ID, how="left")
        .join(shared, on=row, how="left")
        .select(row, pl.coalesce(_CUSTOMER + customer, _VISITOR + pl.col(schema.VISITOR_ID)).alias(PERSON))
    )
    return numbered.join(persons, on=row, how="left", maintain_order="left").drop(row)


def _plausible(events: "pl.LazyFrame") -> "pl.LazyFrame":
    """The same rows in any order, without the ids that are defaults."""
    visitor, customer = schema.VISITOR_ID, schema.CUSTOMER_ID
    people = _without(events, customer, _defaults(events, customer, visitor, MOST_VISITORS, MOST_VISITORS_A_DAY))
    return _without(people, visitor, _defaults(people, visitor, customer, MOST_CUSTOMERS, MOST_CUSTOMERS_A_DAY))


def _defaults(events: "pl.LazyFrame", of: str, others: str, most: int, most_a_day: int) -> "pl.LazyFrame":
    """Ids of one kind that more ids of the other kind go with than a person's would."""
    import polars as pl

    day, busiest = pl.col(schema.TIMESTAMP).dt.date().alias("day"), pl.col("a day").max()
    pairs = _logins(events).select(of, others, day).unique()
    daily = pairs.group_by(of, "day").agg(pl.len().alias("a day")).group_by(of).agg(busiest)
    counted = pairs.group_by(of).agg(pl.col(others).n_unique().alias("whole")).join(daily, on=of)
    return counted.filter((pl.col("whole") > most) | (pl.col("a day") > most_a_day)).select(of)


def _without(events: "pl.LazyFrame", column: str, ids: "pl.LazyFrame") -> "pl.LazyFrame":
    import polars as pl

    flagged = events.join(ids.with_columns(pl.lit(value=True).alias("__default")), on=column, how="left")
    return flagged.with_columns(pl.when(pl.col("__default").is_null()).then(pl.col(column))).drop("__default")


def _links(events: "pl.LazyFrame") -> "pl.LazyFrame":
    import polars as pl

    only = pl.col(schema.CUSTOMER_ID)
    return (
        _logins(events)
        .group_by(schema.VISITOR_ID)
        .agg(only.n_unique().alias("customers"), only.first(), pl.col(schema.TIMESTAMP).min().alias(SINCE))
        .filter(pl.col("customers") == 1)
        .select(schema.VISITOR_ID, schema.CUSTOMER_ID, pl.col(SINCE) - MERGED_BACK)
        .sort(schema.VISITOR_ID)
    )


def _logins(events: "pl.LazyFrame") -> "pl.LazyFrame":
    return events.filter(login()).select(schema.VISITOR_ID, schema.CUSTOMER_ID, schema.TIMESTAMP).unique()


def _shared(numbered: "pl.LazyFrame", row: str) -> "pl.LazyFrame":
    """Row number and customer of the rows without one, of visitors with several customers."""
    import polars as pl

    when, customer = pl.col(schema.TIMESTAMP), pl.col(schema.CUSTOMER_ID)
    logins = _logins(numbered)
    several = logins.group_by(schema.VISITOR_ID).agg(customer.n_unique().alias("customers"))
    theirs = several.filter(pl.col("customers") > 1).select(schema.VISITOR_ID)
    new_session = (when.diff() > SESSION_GAP).over(schema.VISITOR_ID).fill_null(value=True)
    rows = (
        numbered.join(theirs, on=schema.VISITOR_ID, how="semi")
        .select(row, schema.VISITOR_ID, schema.TIMESTAMP, schema.CUSTOMER_ID)
        # A login comes before what else happened at its moment.
        .sort(schema.VISITOR_ID, schema.TIMESTAMP, customer.is_null(), row)
        .with_columns(new_session.cum_sum().over(schema.VISITOR_ID).alias("session"))
    )
    session = [schema.VISITOR_ID, "session"]
    known = rows.with_columns(
        customer.forward_fill().over(schema.VISITOR_ID).alias("latest"),
        customer.forward_fill().over(session).alias("here"),
        customer.backward_fill().over(session).alias("next"),
    )
    other_follows = pl.col("here").is_null() & (pl.col("next") != pl.col("latest"))
    found = pl.when(other_follows.fill_null(value=False)).then(None).otherwise(pl.col("latest"))
    return known.filter(customer.is_null()).select(row, found.alias(schema.CUSTOMER_ID))

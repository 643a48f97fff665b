"""People: whose interaction it is when a browser and an account may be the same person."""

from datetime import timedelta

import polars as pl

from recommender.events import schema
from training.sessions import SESSION

PERSON = "person"
"""`c:` and the customer, or `v:` and the visitor; null where nobody is known."""
MERGED_BACK = timedelta(days=30)


def identify(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the column `person`.

    What a visitor with one customer did from 30 days before they were first linked is the customer's. Of a visitor
    with several, only what follows a login in the same session is.
    """
    links = (
        rows.filter(pl.col(schema.VISITOR_ID).is_not_null(), pl.col(schema.CUSTOMER_ID).is_not_null())
        .group_by(schema.VISITOR_ID)
        .agg(
            pl.col(schema.CUSTOMER_ID).n_unique().alias("customers"),
            pl.col(schema.CUSTOMER_ID).first().alias("only"),
            pl.col(schema.TIMESTAMP).min().alias("linked"),
        )
    )
    joined = rows.join(links, on=schema.VISITOR_ID, how="left", maintain_order="left")
    single = (pl.col("customers") == 1) & (pl.col(schema.TIMESTAMP) >= pl.col("linked") - MERGED_BACK)
    logged_in = pl.col(schema.CUSTOMER_ID).forward_fill().over(SESSION)
    several = (pl.col("customers") > 1) & (pl.col(SESSION) >= 0)
    customer = (
        pl.when(pl.col(schema.CUSTOMER_ID).is_not_null())
        .then(pl.col(schema.CUSTOMER_ID))
        .when(single)
        .then(pl.col("only"))
        .when(several)
        .then(logged_in)
    )
    person = pl.coalesce(pl.lit("c:") + customer, pl.lit("v:") + pl.col(schema.VISITOR_ID))
    return joined.with_columns(person.alias(PERSON)).drop("customers", "only", "linked")

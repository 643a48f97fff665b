"""What everybody who ordered is to the shop, from the whole log: what segments like `orders >= 2` ask for."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from recommender.days import DAY
from recommender.events import schema
from recommender.events.identity import PERSON, links, person_of_customer, person_of_visitor
from recommender.lifecycle.cells import Cells
from recommender.lifecycle.forecast import Forecaster
from recommender.lifecycle.gate import objections
from recommender.lifecycle.histories import Floats
from recommender.lifecycle.rfm import rfm
from recommender.lifecycle.settings import LifecycleConfig
from recommender.models.customers import MOMENTS, CustomerModel, Terms
from training.browsing import browsing
from training.buying import Bought, buying
from training.silence import silence

SCORES: Final = ("recency", "frequency", "monetary", "rfm_group")


def customers(
    log: pl.LazyFrame, costs: Mapping[str, float], config: LifecycleConfig, now: datetime
) -> CustomerModel | None:
    """Orders, scores, values and forecasts of each person; None when nobody ordered.

    Args:
        log: the event log.
        costs: what one piece of each item costs the shop, where that is known. Lifetime values are profit where nearly
            all orders have goods of known cost only, and revenue elsewhere.
        config: how far to look ahead.
        now: orders after it are left out.
    """
    bought = buying(log, costs, now)
    if bought is None:
        return None
    past = log.filter(pl.col(schema.TIMESTAMP) <= now)
    return described(bought, config, lambda: browsing(past, bought.people), _browsers(log, bought.people))


def described(
    bought: Bought, config: LifecycleConfig, browsed: Callable[[], pl.DataFrame], browsers: Mapping[str, int]
) -> CustomerModel:
    """What is known and foretold of everybody who ordered.

    Args:
        bought: their orders.
        config: how far to look ahead.
        browsed: what they did besides, as :func:`browsing` tells it; called where the orders go back far enough.
        browsers: rows of the customers to whom alone browsers belong, under the keys of these.
    """
    totals = bought.totals
    columns = {name: totals[name].cast(pl.Float64).to_numpy() for name in totals.columns if name != "row"}
    scores = rfm(columns["last"], columns["orders"], columns["spend"])
    model, reason = chosen(bought, config)
    expected = {} if model is None else _forecast(bought, model, config)
    trees = None if model is None else silence(browsed, bought, config, model)
    if trees is not None:
        expected["churn_probability"] = trees
    if expected:
        expected["total_clv"] = columns["historic_clv"] + expected["predicted_clv"]
    terms = Terms(
        money=bought.money,
        currency=bought.currency,
        horizon_days=config.horizon_days,
        churn_days=config.churn_days,
        coverage=config.coverage,
        model=None if model is None else model.name,
        churn_model="lightgbm" if trees is not None else None if model is None else model.name,
        reason="; ".join([reason, *bought.notes]),
    )
    return CustomerModel.fit(
        bought.people,
        columns | dict(zip(SCORES, scores, strict=True)) | expected,
        browsers=browsers,
        terms=terms,
    )


def chosen(
    bought: Bought, config: LifecycleConfig, end_day: int | None = None
) -> tuple[Forecaster | Cells | None, str]:
    """Who foretells, and why: purchase models where the orders carry them, means of similar customers elsewhere.

    Args:
        bought: the orders.
        config: how much it takes.
        end_day: learn from what was known at the end of this day; left out: from everything.
    """
    purchases, end = bought.purchases.of_those(bought.recognised), end_day or bought.end_day
    against = objections(purchases, end, config)
    model = None if against else Forecaster.fit(purchases.summary(end), config)
    if model is not None:
        return model, "the orders carry purchase models"
    cells = Cells.fit(purchases, end, config)
    why = "no purchase models: " + "; ".join(against or ["nobody paid for a second order"])
    return cells, why if cells else f"{why}; and too few came back to go by similar customers"


def _forecast(bought: Bought, model: Forecaster | Cells, config: LifecycleConfig) -> dict[str, Floats]:
    """The forecast of everybody who is recognised when they come again, as columns of all people."""
    known = bought.purchases.of_those(bought.recognised).summary(bought.end_day)
    found: dict[str, Floats] = {}
    for name, values in model.forecast(known, config.horizon_days, config.churn_days).items():
        column = np.full(len(bought.people), np.nan)
        column[known.customers] = values
        found[name] = bought.end.timestamp() + DAY * column if name in MOMENTS else column
    return found


def _browsers(log: pl.LazyFrame, people: list[str]) -> dict[str, int]:
    """Rows of the customers to whom alone browsers belong, under the keys of these."""
    rows = pl.LazyFrame({PERSON: people, "row": np.arange(len(people), dtype=np.int32)})
    found = (
        links(log)
        .select(
            pl.format(f"{person_of_visitor('')}{{}}", schema.VISITOR_ID).alias("browser"),
            pl.format(f"{person_of_customer('')}{{}}", schema.CUSTOMER_ID).alias(PERSON),
        )
        .join(rows, on=PERSON, how="inner")
        .sort("browser")
        .collect()
    )
    return dict(zip(found["browser"].to_list(), found["row"].to_list(), strict=True))

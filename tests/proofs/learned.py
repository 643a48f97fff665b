"""Weights learned from the log, as the product draws, logs and learns: against visitors whose truth is known."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import orjson
import polars as pl

from recommender.configuration import Configuration
from recommender.events import schema
from recommender.experiments.assigning import assigned, logged
from recommender.experiments.learned import Epoch
from training.learning import lessons

RATES = {"plain": 0.03, "loud": 0.04, "brief": 0.08}
"""Of each variant on an ordinary day."""
SEASON = (1.0, 0.6, 1.5, 0.8, 1.3)
"""How much more is bought on one day than on another: it must not be mistaken for the variants drawn on it."""
START = datetime(2026, 3, 2, tzinfo=UTC)
SPENT = 20.0
NAMES = (
    schema.EVENT_ID, schema.EVENT, schema.TIMESTAMP, schema.VISITOR_ID, schema.VALUE, schema.EXTRA, schema.ITEM_ID,
    schema.ATTRIBUTION_TOKEN,
)  # fmt: skip


def configuration(**learn: Any) -> Configuration:
    """A home page in three variants."""
    variants = [{"name": name, "changes": {"limit": 4 + place}} for place, name in enumerate(RATES)]
    experiment = {"id": "titles", "placement": "home-for-you", "variants": variants}
    return Configuration.parse({"experiments": [experiment | ({"learn": learn} if learn else {})]})


def learned(days: int, visitors: int, seed: int, metric: str = "conversion") -> tuple[float, float, dict[str, float]]:
    """Sales lost against the best variant with learned weights, those with equal ones, and the last weights.

    Args:
        days: after each of which weights are learned.
        visitors: of each day; nobody returns.
        seed: of who comes and who buys.
        metric: what is learned.
    """
    shop, draw = f"shop-{seed}", np.random.default_rng(seed)
    configured = configuration(metric=metric)
    (experiment,) = configured.experiments
    epochs: list[Epoch] = []
    log, lost, equal = pl.DataFrame(), 0.0, 0.0
    best, usual = max(RATES.values()), float(np.mean([*RATES.values()]))
    for day in range(days):
        now, season = START + timedelta(days=day), SEASON[day % len(SEASON)]
        rows = []
        for place in range(visitors):
            who, moment = f"{day}-{place}", now + timedelta(hours=1, seconds=place * 60_000 / visitors)
            drawn = [*assigned(configured, shop, who, moment, {"titles": epochs}).placements.values()]
            told = {"experiment": "showcases", "variant": "shown", "propensity": 1.0, **logged(drawn)}
            rows.append(_row("showcases_offered", who, moment, orjson.dumps(told).decode()))
            rate = RATES[drawn[0].variant] * season
            lost += best * season - rate
            equal += (best - usual) * season
            if draw.random() < rate:
                rows.append(_row("purchase", who, moment + timedelta(minutes=5), None))
        log = pl.concat([log, frame(rows)]) if len(log) else frame(rows)
        (lesson,) = lessons(log.lazy(), [experiment], {"titles": epochs}, {}, now + timedelta(hours=20), 1000)
        epochs += [lesson.epoch] if lesson.epoch is not None else []
    return lost, equal, dict(epochs[-1].weights) if epochs else experiment.chances


def prove(seeds: int, days: int, visitors: int, seed: int) -> Iterator[str]:
    """Learned weights lose fewer sales than equal ones, and end with the best variant."""
    for metric in ("conversion", "profit"):
        found = [learned(days, visitors, seed + place, metric) for place in range(seeds)]
        lost, equal = (sum(one[place] for one in found) for place in (0, 1))
        favoured = np.mean([max(one[2], key=lambda name: one[2][name]) == "brief" for one in found])
        yield (
            f"weights learned by {metric}, {days} days of {visitors:,} visitors, {seeds} seeds: sales lost against "
            f"the best {lost / seeds:.0f}, with equal ones {equal / seeds:.0f}; best preferred in {favoured:.0%}"
        )
        assert lost < 0.6 * equal
        assert favoured >= 0.9


def _row(name: str, visitor: str, at: datetime, extra: str | None) -> tuple[Any, ...]:
    value = SPENT if name == "purchase" else None
    return f"{name}-{visitor}", name, at, visitor, value, extra, None, None


def frame(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """Rows of `NAMES` as the log gives them back."""
    empty: Any = pl.from_arrow(schema.SCHEMA.empty_table())
    table = pl.DataFrame(rows, schema={name: empty.schema[name] for name in NAMES}, orient="row")
    told = table.with_columns(pl.lit(value=True).alias(schema.VERIFIED))
    others = [pl.lit(None, kind).alias(name) for name, kind in empty.schema.items() if name not in told.columns]
    return told.with_columns(others).select(empty.columns)

"""Whole logs of shops in which nothing differs, put through the report as it is: what it claims of them is false."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from recommender.events import schema
from recommender.events.log import EventLog
from recommender.experiments.verdict import LEAST
from recommender.records import Records
from recommender.workspace import Workspace
from tests.proofs.shoppers import Shoppers
from training.measuring.report import Asked, report

SHOP = "proof"
START = datetime(2025, 3, 3, tzinfo=UTC)
DAYS = 8
LOOKS = (2, 4, 6, 8)
"""Days at whose ends somebody looks."""
HOLDOUT = 0.4
WEIGHTS = {"plain": 0.5, "same": 0.3, "alike": 0.2}
"""Of an experiment with three equal variants."""
COMPARISONS = 3
"""Shown against the holdout, and two variants against the control."""


@dataclass(frozen=True)
class Claims:
    """Over many logs."""

    logs: int
    missed: Counter[str]
    """Logs in which at any look an interval of this metric did not hold the truth, which is 0; those of so few visitors
    that the report claims nothing do not count."""
    looked_once: Counter[str]
    """The same at the last look alone."""
    claimed: int
    """Logs in which anything was called a gain, a loss or no difference worth it at any look."""
    alarmed: int
    """Logs in which a group was said to be of the wrong size at any look."""


def claims(shoppers: Shoppers, logs: int, visitors: int, seed: int, extra: float = 1.0) -> Claims:
    """What the report says of so many logs.

    Args:
        shoppers: who comes.
        logs: how many.
        visitors: in each.
        seed: of all of it.
        extra: so many times as many buyers among those who see showcases; 1: nothing differs.
    """
    draw = np.random.default_rng(seed)
    missed, once = Counter[str](), Counter[str]()
    claimed = alarmed = 0
    better = shoppers.treated(extra) if extra != 1 else shoppers
    for _ in range(logs):
        looks = told(events(shoppers, better, draw, visitors))
        wrong = [{one["metric"] for one in _metrics(look) if _misses(one)} for look in looks]
        missed.update(set().union(*wrong))
        once.update(wrong[-1])
        claimed += any(one["answer"] != "cannot_tell_yet" for look in looks for one in _metrics(look))
        alarmed += any(one["sample_ratio"]["alarm"] for look in looks for one in look)
    return Claims(logs, missed, once, claimed, alarmed)


def told(rows: pl.DataFrame) -> list[list[dict[str, Any]]]:
    """The report's experiments at each look, from a log on the disk."""
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace(Path(home))
        folder, records = workspace.shop(SHOP), Records.open(workspace.records_url)
        EventLog(folder).append(rows.to_arrow().cast(schema.SCHEMA), "live-1")
        try:
            moments = [START + timedelta(days=day) for day in LOOKS]
            asked = [Asked(now=moment, until=moment, planned_days=DAYS, behaviour=False) for moment in moments]
            found = [report(folder, records, one)["experiments"] for one in asked]
        finally:
            records.close()
    assert [len(one) for one in found] == [COMPARISONS] * len(LOOKS)
    return found


def events(control: Shoppers, treated: Shoppers, draw: np.random.Generator, visitors: int) -> pl.DataFrame:
    """A log: every visitor's decision, a page or two, and orders from then on, all drawn fairly."""
    who, since = draw.integers(len(control.orders), size=visitors), draw.uniform(0, DAYS, visitors)
    out, variants = draw.random(visitors) < HOLDOUT, draw.choice([*WEIGHTS], visitors, p=[*WEIGHTS.values()])
    decisions = [
        ("showcases_not_offered", None) if held else ("showcases_offered", str(variant))
        for held, variant in zip(out, variants, strict=True)
    ]
    names = [f"v{number}" for number in range(visitors)]
    decided = {
        schema.VISITOR_ID: names,
        schema.EVENT: [name for name, _ in decisions],
        schema.EXTRA: [_extra(variant) for _, variant in decisions],
        "at": since,
    }
    pages = np.repeat(np.arange(visitors), draw.integers(1, 3, visitors))
    seen = {schema.VISITOR_ID: [names[one] for one in pages], schema.EVENT: "page_view", "at": since[pages] + 1e-4}
    days = np.arange(DAYS)
    there = days[None, :] >= np.ceil(since)[:, None]
    counts = np.where(out[:, None], control.orders[who, :DAYS], treated.orders[who, :DAYS]) * there
    spent = np.where(out[:, None], control.revenue[who, :DAYS], treated.revenue[who, :DAYS])
    buyers, day = np.nonzero(counts)
    bought = {
        schema.VISITOR_ID: [names[one] for one in buyers],
        schema.EVENT: "purchase",
        schema.ORDER_ID: [f"o{one}-{other}" for one, other in zip(buyers, day, strict=True)],
        schema.VALUE: spent[buyers, day],
        schema.CURRENCY: "EUR",
        "at": day + draw.uniform(0, 0.99, len(day)),
    }
    rows = pl.concat([pl.DataFrame(one) for one in (decided, seen, bought)], how="diagonal").with_row_index("place")
    moment = pl.lit(START) + pl.duration(microseconds=(pl.col("at") * 86_400e6).cast(pl.Int64))
    missing = [
        pl.lit(None).alias(name)
        for name in (schema.CUSTOMER_ID, schema.SESSION_ID, schema.ITEM_ID, schema.QUANTITY, schema.PRICE)
    ]
    return rows.select(
        pl.format("e{}", "place").alias(schema.EVENT_ID),
        pl.lit(0).alias(schema.ITEM_INDEX),
        moment.alias(schema.TIMESTAMP),
        moment.alias(schema.RECEIVED_AT),
        pl.lit(value=True).alias(schema.VERIFIED),
        pl.lit("w").alias(schema.WRITER),
        pl.col("place").alias(schema.SEQUENCE),
        pl.lit(None).alias(schema.ATTRIBUTION_TOKEN),
        schema.EVENT, schema.VISITOR_ID, schema.ORDER_ID, schema.VALUE, schema.CURRENCY, schema.EXTRA, *missing,
    ).select(schema.SCHEMA.names)  # fmt: skip


def prove(shoppers: Shoppers, logs: int, visitors: int, seed: int) -> Iterator[str]:
    """False claims of whole reports, and that a planted lift is found all the same."""
    found = claims(shoppers, logs, visitors, seed)
    about = f"A/A, {logs:,} whole reports of {visitors:,} visitors, {COMPARISONS} comparisons each"
    for metric in sorted(found.missed | found.looked_once | Counter({"conversion": 0, "revenue per visitor": 0})):
        rate, once = found.missed[metric] / logs, found.looked_once[metric] / logs
        yield f"{about}, {metric}: intervals miss at the last look in {once:.2%}, at any of {len(LOOKS)} in {rate:.2%}"
        assert rate <= allowed(2 * 0.05, logs), metric
    yield f"{about}: anything is claimed in {found.claimed / logs:.2%}, sizes alarm in {found.alarmed / logs:.2%}"
    assert found.claimed / logs <= allowed(2 * 0.05, logs)
    assert found.alarmed / logs <= allowed(2 * 0.001, logs)
    few = max(10, logs // 20)
    better = claims(shoppers, few, visitors, seed + 1, extra=1.5)
    yield f"half as many buyers again, {few} reports: something is claimed in {better.claimed / few:.0%}"
    assert better.claimed >= 0.9 * few


def allowed(chance: float, repeats: int) -> float:
    """What chance alone exceeds once in a thousand seeds. Two families of comparisons may miss in 5 % each."""
    return chance + 3.1 * sqrt(chance * (1 - chance) / repeats)


def _metrics(experiments: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (metric for one in experiments for metric in one["metrics"])


def _misses(metric: dict[str, Any]) -> bool:
    low, high = metric["interval"]
    return metric["visitors_behind"] >= LEAST and (low > 0 or high < 0)


def _extra(variant: str | None) -> str:
    group, chance = ("holdout", HOLDOUT) if variant is None else ("shown", 1 - HOLDOUT)
    held = f'"experiment":"showcases","variant":"{group}","propensity":{chance}'
    if variant is None:
        return f"{{{held}}}"
    return f'{{{held},"experiments":[["titles","{variant}",{WEIGHTS[variant]}]],"controls":{{"titles":"plain"}}}}'

"""How long `vitrine report` takes, and how much memory.

A synthetic log in Parquet, one file a day: page views and views of items, decisions about showcases and popups, clicks,
claims and orders, of visitors who come back. The report runs in a process of its own, so that its peak is its own.

Each part of it has a process of its own: what showcases earned (`earned`), and what people do (`cohorts`, `funnel`, in
sessions and of persons within a day, `paths`), over all days of the log.

python -m tests.benchmarks.report --events 5_000_000 [--folder FOLDER] [--part funnel]     # FOLDER is filled once
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.events import files, schema
from recommender.tokens import Attribution, sign
from training.behaviour.funnel import Funnel
from training.behaviour.origins import By
from training.behaviour.reading import Behaviour
from training.behaviour.steps import steps
from training.behaviour.window import Window
from training.measuring.report import Asked, Basis, told

DAYS, BEGIN = 60, datetime(2025, 1, 6, tzinfo=UTC)
PER_VISITOR = 20
"""Events, on average."""
ITEMS, HOLDOUT, PLACEMENTS = 50_000, 0.05, 12
SHARES = {
    "page_view": 0.28, "view_item": 0.36, "view_item_list": 0.12, "showcases": 0.13, "popup": 0.02, "select_item": 0.05,
    "add_to_cart": 0.02, "claim": 0.01, "purchase": 0.01,
}  # fmt: skip
"""Of all events; a showcase or popup is offered or not offered, and a claim is a browser's purchase."""


def main() -> None:
    """Fill a folder, and report on it."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--folder", type=Path, help="of the log; left out: one that is deleted afterwards")
    parser.add_argument("--part", choices=PARTS, action="append", help="measure only this; may be given again")
    parser.add_argument("--report", action="store_true", help="only report on what FOLDER holds, in this process")
    options = parser.parse_args()
    if options.report:
        _report(options.folder, options.part[0])
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        if not any(folder.glob("day=*")):
            fill(folder, options.events)
        for part in options.part or PARTS:
            command = [sys.executable, "-m", "tests.benchmarks.report", "--report", "--folder", str(folder)]
            subprocess.run([*command, "--part", part], check=True)


def fill(folder: Path, events: int) -> None:
    """Write the log, day by day."""
    draw = np.random.default_rng(7)
    visitors = max(1, events // PER_VISITOR)
    tokens = np.array([sign(Attribution("shop", f"place-{n}", "similar", "1"), "key") for n in range(PLACEMENTS)])
    for day in range(DAYS):
        rows = _day(day, events // DAYS, visitors, tokens, draw)
        path = files.day_folder(folder, (BEGIN + timedelta(days=day)).date()) / "live-1.parquet"
        files.write(rows.to_arrow().cast(schema.SCHEMA), path)


def _day(day: int, count: int, visitors: int, tokens: NDArray[np.str_], draw: np.random.Generator) -> pl.DataFrame:
    kinds = draw.choice(len(SHARES), size=count, p=[*SHARES.values()])
    kind = pl.Series([*SHARES]).gather(kinds)
    # Visitors come within a few weeks of each other: those of a day are a window over all.
    middle = visitors * (day + 0.5) / DAYS
    who = np.clip(draw.normal(middle, visitors / 8, count), 0, visitors - 1).astype(np.int64)
    frame = pl.DataFrame(
        {
            "kind": kind,
            "who": who,
            "item": draw.integers(0, ITEMS, count),
            "price": draw.lognormal(3, 0.6, count).round(2),
            "popup": draw.integers(0, 3, count),
            "token": pl.Series(tokens).gather(draw.integers(0, PLACEMENTS, count)),
            "seconds": np.sort(draw.uniform(0, 86_400, count)),
            "number": np.arange(count, dtype=np.int64) + day * count,
        }
    )
    out = (pl.col("who") * 2_654_435_761 % 1000) < 1000 * HOLDOUT
    popup, sold = pl.col("kind") == "popup", pl.col("kind").is_in(["claim", "purchase"])
    decided = popup | (pl.col("kind") == "showcases")
    item = pl.col("kind").is_in(["view_item", "select_item", "add_to_cart", "claim", "purchase"])
    variant = pl.when(out).then(pl.lit("holdout")).otherwise(pl.lit("shown"))
    campaign = pl.format('"promotion_id":"campaign-{}","reason":"holdout","experiment":"campaign:{}"', "popup", "popup")
    layer = pl.when(popup).then(campaign).otherwise(
        pl.lit('"page_type":"product","placements":{"pdp-similar":"similar"},"experiment":"showcases"')
    )  # fmt: skip
    propensity = pl.when(out).then(HOLDOUT).otherwise(1 - HOLDOUT)
    extra = pl.concat_str(
        pl.lit('{"request_id":"0123456789abcdef0123456789abcdef",'), layer, pl.lit(',"variant":"'), variant,
        pl.lit('","propensity":'), propensity.cast(pl.String), pl.lit("}"),
    )  # fmt: skip
    name = (
        pl.when(popup).then(pl.when(out).then(pl.lit("promotion_not_offered")).otherwise(pl.lit("promotion_offered")))
        .when(pl.col("kind") == "showcases")
        .then(pl.when(out).then(pl.lit("showcases_not_offered")).otherwise(pl.lit("showcases_offered")))
        .when(sold).then(pl.lit("purchase")).otherwise("kind")
    )  # fmt: skip
    begin = pl.lit(BEGIN + timedelta(days=day)).cast(pl.Datetime("us", "UTC"))
    moment = begin + pl.duration(microseconds=pl.col("seconds") * 1e6)
    known = (pl.col("kind") == "purchase") | (pl.col("who") % 4 == 0)
    visitor = pl.format("GA1.1.{}.{}", pl.col("who") * 2_654_435_761 % 2**32, "who")
    return frame.select(
        pl.format("{}-{}", pl.col("number").hash(), "number").alias(schema.EVENT_ID),
        pl.lit(0, pl.Int32).alias(schema.ITEM_INDEX),
        name.alias(schema.EVENT),
        moment.alias(schema.TIMESTAMP),
        moment.alias(schema.RECEIVED_AT),
        pl.when(pl.col("kind") != "purchase").then(visitor).alias(schema.VISITOR_ID),
        pl.when(known).then(pl.format("c{}", "who")).alias(schema.CUSTOMER_ID),
        pl.format("s{}", "who").alias(schema.SESSION_ID),
        pl.when(item).then(pl.format("sku-{}", "item")).alias(schema.ITEM_ID),
        pl.when(sold).then(1.0).alias(schema.QUANTITY),
        pl.when(item).then("price").alias(schema.PRICE),
        pl.when(sold).then(pl.format(f"o{day}-{{}}", pl.int_range(pl.len()).over("kind"))).alias(schema.ORDER_ID),
        pl.when(sold).then("price").alias(schema.VALUE),
        pl.lit("EUR").alias(schema.CURRENCY),
        pl.when(pl.col("kind") == "select_item").then("token").alias(schema.ATTRIBUTION_TOKEN),
        (decided | (pl.col("kind") == "purchase")).alias(schema.VERIFIED),
        pl.when(decided).then(extra).alias(schema.EXTRA),
        pl.lit("live").alias(schema.WRITER),
        pl.col("number").alias(schema.SEQUENCE),
    )


def _report(folder: Path, part: str) -> None:
    paths = sorted(folder.glob("day=*/*.parquet"))
    log, until = pl.scan_parquet(paths, hive_partitioning=False), BEGIN + timedelta(days=DAYS)
    start = time.perf_counter()
    PARTS[part](log, until)
    seconds = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "part": part,
        "events": log.select(pl.len()).collect().item(),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_gb": round(used.ru_maxrss / 1e6, 2),
    }
    print(json.dumps(figures))  # noqa: T201


def _earned(log: pl.LazyFrame, until: datetime) -> None:
    asked, documents = Asked(now=until), [(f"sku-{n}", {"cost": 10.0}) for n in range(ITEMS)]
    told(log, Basis.of(log, documents, asked), asked, until)


def _behaviour(log: pl.LazyFrame, until: datetime) -> Behaviour:
    return Behaviour(log, Window(until - timedelta(days=DAYS), until))


STEPS = tuple(steps("page_view,view_item,add_to_cart,purchase"))
PARTS: dict[str, Callable[[pl.LazyFrame, datetime], object]] = {
    "earned": _earned,
    "cohorts": lambda log, until: _behaviour(log, until).cohorts(),
    "funnel": lambda log, until: _behaviour(log, until).funnel(Funnel(STEPS)),
    "funnel-by-all": lambda log, until: _behaviour(log, until).funnel(Funnel(STEPS, tuple(By))),
    "funnel-of-persons": lambda log, until: _behaviour(log, until).funnel(Funnel(STEPS, within=timedelta(days=1))),
    "paths": lambda log, until: _behaviour(log, until).paths(),
}


if __name__ == "__main__":
    main()

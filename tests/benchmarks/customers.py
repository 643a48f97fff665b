"""Forecasts of customers: held to what they did, on UCI Online Retail; and how long they take, for millions.

--data   for several horizons: models fitted on all but the last days, and held to these; how many customers' orders
         and values lie within intervals that are to hold nine of ten.
--scale  invented customers with three years of purchases: fitting, scoring and fifths, in a process of its own.

python -m tests.benchmarks.customers --data ../shared/data
python -m tests.benchmarks.customers --scale 10_000_000
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl

from recommender.lifecycle.backtest import Outcome, judged
from recommender.lifecycle.cells import Cells
from recommender.lifecycle.forecast import Forecaster
from recommender.lifecycle.histories import Purchases, Statistics, Summary
from recommender.lifecycle.pareto import ParetoNbd
from recommender.lifecycle.rfm import rfm
from recommender.lifecycle.settings import LifecycleConfig
from training.demo.compact import compact
from training.importing.online_retail import CUSTOMER, DATE, PRICE, QUANTITY, is_product, read_parquet
from training.importing.source import Source

HORIZONS = (30, 60, 90, 120, 180)
LOG_DAYS = 3 * 365
CONFIG = LifecycleConfig()
Found = TypeVar("Found")


def main() -> None:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds online_retail/online_retail.csv.gz")
    parser.add_argument("--scale", type=int, help="number of invented customers")
    options = parser.parse_args()
    if options.data:
        backtests(online_retail(options.data / "online_retail" / "online_retail.csv.gz"))
    if options.scale:
        scale(options.scale)


def online_retail(published: Path) -> Purchases:
    """Sales of real products to customers with an account."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.parquet"
        compact(published, whole)
        rows = pl.concat(read_parquet(Source(whole)))
    sold = is_product() & (pl.col(PRICE) > 0) & (pl.col(QUANTITY) > 0) & pl.col(CUSTOMER).is_not_null()
    sales = rows.filter(sold).select(
        pl.col(CUSTOMER).rank("dense").cast(pl.Int32) - 1,
        pl.col(DATE).dt.epoch("d").cast(pl.Int32),
        (pl.col(QUANTITY) * pl.col(PRICE)).cast(pl.Float64).alias("value"),
    )
    return Purchases.of(*(sales[name].to_numpy() for name in sales.columns))


def backtests(purchases: Purchases) -> None:
    """Print a row for each horizon and model."""
    end = int(purchases.days.max())
    print(  # noqa: T201
        f"{'days':>4} {'model':10} {'customers':>9} {'MAE':>6} {'RMSE':>6} {'orders':>7} {'foretold':>8}"
        f" {'in 90 %':>8} {'value in':>8} {'churn loss':>10} {'AUC':>6}"
    )
    for days in HORIZONS:
        outcome = Outcome.of(purchases, end - days, end)
        models = (Forecaster.fit(outcome.known, CONFIG), Cells.fit(purchases, end - days, CONFIG))
        for model in models:
            if model is None:
                continue
            one = judged(outcome, model.forecast(outcome.known, days, days))
            print(  # noqa: T201
                f"{days:4} {model.name:10} {one['customers']:9,} {one['mae']:6.3f} {one['rmse']:6.3f}"
                f" {one['actual']:7,.0f} {one['predicted']:8,.0f} {one['coverage']:8.1%} {one['value_coverage']:8.1%}"
                f" {one['churn']['log_loss']:10.4f} {one['churn']['auc']:6.3f}"
            )
        second = ParetoNbd.fit(outcome.known.statistics)
        total = second.expected(outcome.known.statistics, days / 7)[outcome.known.statistics.rows].sum()
        print(f"{days:4} {'pareto_nbd':10} {'':9} {'':6} {'':6} {outcome.orders.sum():7,.0f} {total:8,.0f}")  # noqa: T201


def scale(customers: int) -> None:
    """Print how long each step took, and the peak of memory."""
    known = invented(customers)
    print(f"{customers:,} customers, {len(known.statistics):,} histories", flush=True)  # noqa: T201
    last, orders = known.statistics.last[known.statistics.rows], known.statistics.repeats[known.statistics.rows] + 1
    spend = orders * np.nan_to_num(known.value, nan=30.0)
    timed("fifths", lambda: rfm(last, orders, spend))
    model = timed("fitting", lambda: Forecaster.fit(known, CONFIG))
    assert model is not None
    forecast = timed("forecasts", lambda: model.forecast(known, CONFIG.horizon_days, CONFIG.churn_days))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak {peak:.2f} GB; {np.nansum(forecast['predicted_number_of_orders']):,.0f} orders in a year")  # noqa: T201


def timed(name: str, work: Callable[[], Found]) -> Found:
    """Do some work, and print how long it took: by the clock, and of one core, which other work does not change."""
    clock, core = time.perf_counter(), time.process_time()
    found = work()
    print(  # noqa: T201
        f"{name}: {time.perf_counter() - clock:.1f} s, {time.process_time() - core:.1f} s of a core", flush=True
    )
    return found


def invented(customers: int) -> Summary:
    """Customers by BG/NBD and Gamma-Gamma, all at once: the last purchase is spread over what they stayed for."""
    draw = np.random.default_rng(7)
    age = draw.integers(1, LOG_DAYS, customers).astype(np.int32)
    rate, leaves = draw.gamma(0.6, 1 / 8.0, customers) / 7, draw.beta(0.8, 2.5, customers)
    stays = np.minimum(age, draw.exponential(1, customers) / np.maximum(rate * leaves, 1e-9))
    repeats = np.minimum(draw.poisson(rate * stays), np.minimum(stays, age)).astype(np.int32)
    last = np.where(repeats > 0, stays * draw.beta(np.maximum(repeats, 1), 1), 0)
    last = np.clip(np.maximum(np.rint(last), repeats), 0, age).astype(np.int32)
    value = np.where(repeats > 0, draw.gamma(6.0, 1, customers) / draw.gamma(4.0, 1 / 60.0, customers), np.nan)
    return Summary(np.arange(customers, dtype=np.int32), Statistics.of(repeats, last, age), value)


if __name__ == "__main__":
    main()

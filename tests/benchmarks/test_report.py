"""The log that the report is measured on is one that it has something to say of."""

from datetime import timedelta
from pathlib import Path

import polars as pl

from tests.benchmarks.report import BEGIN, DAYS, PARTS, fill
from training.measuring.report import Asked, Basis, told


def test_the_report_finds_groups_orders_and_clicks_in_the_synthetic_log(tmp_path: Path) -> None:
    fill(tmp_path / "log", 12_000)
    rows = pl.scan_parquet(sorted(tmp_path.glob("log/day=*/*.parquet")), hive_partitioning=False)
    until = BEGIN + timedelta(days=DAYS)
    asked = Asked(now=until, days=DAYS)
    found = told(rows, Basis.of(rows, [], asked), asked, until)
    assert rows.select(pl.len()).collect().item() == 12_000
    assert found["experiments"][0]["experiment"] == "showcases"
    assert found["experiments"][0]["visitors"]["shown"] > found["experiments"][0]["visitors"]["holdout"] > 0
    assert found["overview"]["orders"] > found["overview"]["orders_without_visitor"] >= 0
    assert sum(one["orders"] for one in found["attributed"]) > 0
    assert not found["experiments"][0]["sample_ratio"]["alarm"]
    steps = PARTS["funnel"](rows, until)["groups"][0]["steps"]  # type: ignore[index]
    assert [step["count"] for step in steps] == sorted((step["count"] for step in steps), reverse=True)
    assert steps[-1]["count"] > 0
    assert PARTS["paths"](rows, until)["ending"] > 0  # type: ignore[index]

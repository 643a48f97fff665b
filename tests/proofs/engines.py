"""One log learned from by both engines, by Spark through `spark-submit` and URLs: equal counts, lists and marks."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from recommender.artifact import Artifact, artifacts
from recommender.records import Records
from recommender.workspace import Workspace
from tests.conftest import NOW
from tests.proofs.hdfs import copied
from tests.proofs.tried import Tried
from tests.training.logs import shop_events, write
from tests.training.spark.comparing import COUNTED, assert_alike, overlap, pairs
from training.spark import submit
from training.spark.java import java_home

SHOP, PEOPLE = "gifts", 1_500
SIZE = 20
"""First neighbours of an item that are compared."""


def prove(seed: int) -> Iterator[Tried]:
    """Train twice, and compare."""
    with tempfile.TemporaryDirectory(prefix="engines-") as scratch:
        workspace = Workspace(Path(scratch))
        events = _filled(workspace, seed)
        here, log = _trained(workspace, "local"), workspace.shop(SHOP).log
        yield _compared(events, here, _trained(workspace, "spark", log.as_uri()), "a file:// URL")
        with copied(log) as url:
            yield _compared(events, here, _trained(workspace, "spark", url), "an hdfs:// URL, from HDFS's own servers")


def _compared(events: int, here: Artifact, there: Artifact, by: str) -> Tried:
    assert there.manifest.counts == here.manifest.counts, (there.manifest.counts, here.manifest.counts)
    lists = [(getattr(here.models, name), getattr(there.models, name)) for name in COUNTED]
    assert all(pairs(one) == pairs(other) for one, other in lists)
    alike = min(overlap(*both, SIZE) for both in lists)
    assert alike >= 0.99
    assert_alike(here.manifest.metrics, there.manifest.metrics)
    counted = sum(len(one.rows) for one, _ in lists)
    return Tried(
        f"one log, learned from by `--engine local` and under `spark-submit --master local[2]` by {by}",
        f"{events:,} events, {counted:,} pairs of items",
        f"0 counts differ, {alike:.1%} of the first {SIZE} items are the same, no mark differs by 0.01",
    )


def _filled(workspace: Workspace, seed: int) -> int:
    records = Records.open(workspace.records_url)
    records.shops.create(SHOP, [], NOW)
    records.close()
    events = [*shop_events("view_item", "add_to_cart", "purchase", people=PEOPLE, seed=seed)]
    write(workspace.shop(SHOP), *events)
    return len(events)


def _trained(workspace: Workspace, engine: str, log: str | None = None) -> Artifact:
    command, more = [sys.executable, "-m", "recommender.command"], []
    if log is not None:
        program = Path(sys.executable).with_name("spark-submit")
        command = [str(program), "--master", "local[2]", "--driver-memory", "2g", str(submit.__file__)]
        more = ["--log", log]
    own = {
        "VITRINE_HOME": str(workspace.home),
        "JAVA_HOME": str(java_home()),
        "PYSPARK_PYTHON": sys.executable,
    }
    asked = [*command, "train", "--shop", SHOP, "--engine", engine, *more]
    done = subprocess.run(asked, env=os.environ | own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    store = artifacts(workspace.shop(SHOP))
    return store.open(str(store.current()))

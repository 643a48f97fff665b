"""What the operator has set for Spark stays set."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from training.spark.session import PARTS, cut, defaults


def test_the_names_of_spark_defaults_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spark-defaults.conf").write_text(
        "# ours\n\nspark.master  spark://there:7077\nspark.driver.memory=2g\n"
    )
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))

    assert defaults() == {"spark.master", "spark.driver.memory"}


def test_without_such_a_file_nothing_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPARK_CONF_DIR", raising=False)
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))

    assert defaults() == set()


class Conf(dict[str, str]):
    """What an operator has set."""

    contains = dict.__contains__


@pytest.mark.parametrize(
    ("rows", "cores", "said", "parts"), [(0, 2, {}, 4), (100_000_000, 2, {}, 50), (100_000_000, 2, {PARTS: "7"}, None)]
)
def test_there_are_as_many_parts_as_the_log_needs(
    rows: int, cores: int, said: dict[str, str], parts: int | None
) -> None:
    """Two million rows a part and two parts a core, at least; an operator's own number stays."""
    own: dict[str, int] = {}
    context = SimpleNamespace(getConf=lambda: Conf(said), defaultParallelism=cores)
    session: Any = SimpleNamespace(sparkContext=context, conf=SimpleNamespace(set=own.__setitem__))

    cut(session, rows)

    assert own.get(PARTS) == parts

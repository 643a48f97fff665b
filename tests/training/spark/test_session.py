"""What the operator has set for Spark stays set."""

from pathlib import Path

import pytest

from training.spark.session import defaults


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

"""Who does the heavy steps is asked for by name, and what is missing is named."""

import pytest

from recommender.errors import ConfigurationError, MissingError
from training.engines import Engine, heavy_steps
from training.steps import LocalSteps


def test_this_process_does_them_unless_told_otherwise() -> None:
    assert isinstance(heavy_steps(Engine.LOCAL, memory_gb=1), LocalSteps)


def test_a_log_elsewhere_is_for_spark_only() -> None:
    with pytest.raises(ConfigurationError, match=r"--log: s3a://there is not allowed with --engine local"):
        heavy_steps(Engine.LOCAL, memory_gb=1, log="s3a://there")


def test_without_pyspark_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.engines.find_spec", lambda _name: None)

    with pytest.raises(MissingError, match=r"pip install 'vitrine\[spark\]'"):
        heavy_steps(Engine.SPARK, memory_gb=1)

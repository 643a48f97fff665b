import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from recommender.errors import ArtifactError
from recommender.models.models import Models
from recommender.models.neighbours import NeighbourConfig, NeighbourModel
from recommender.models.popularity import PopularityModel
from recommender.strategy import State, Status, Strategy
from recommender.vocabulary import Vocabulary
from tests.recommender.models.test_cooccurrence import baskets


@pytest.fixture
def models() -> Models:
    zeros, counts = np.zeros(6, np.float32), np.zeros(6, np.int32)
    return Models(
        items=Vocabulary(["a", "b", "ö", 'quo"te', "e", "f"]),
        popularity=PopularityModel(zeros, zeros, zeros, zeros, counts, counts),
        data_end=datetime(2025, 1, 1, tzinfo=UTC),
        status={Strategy.SIMILAR: Status(State.WARMING, "few views")},
        purchases=NeighbourModel.fit(baskets("ab"), NeighbourConfig()),
    )


def test_saved_models_come_back(models: Models, tmp_path: Path) -> None:
    models.save(tmp_path)

    found = Models.load(tmp_path)

    assert [*found.items] == [*models.items]
    assert (found.data_end, found.status) == (models.data_end, models.status)
    assert found.purchases is not None
    assert found.purchases.neighbours(0).rows.tolist() == [1]


def test_models_that_were_not_fitted_stay_away(models: Models, tmp_path: Path) -> None:
    models.save(tmp_path)

    assert Models.load(tmp_path).factors is None


def test_a_shop_that_told_nothing_has_models(tmp_path: Path) -> None:
    Models.empty().save(tmp_path)

    found = Models.load(tmp_path)

    assert not len(found.items)
    assert {status.state for status in found.status.values()} == {State.INSUFFICIENT}


def test_a_folder_without_models_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"places\.npy in .*items"):
        Models.load(tmp_path)


def test_serving_loads_no_training_library() -> None:
    heavy = "{'implicit', 'sklearn', 'scipy.sparse', 'lightgbm', 'polars', 'pandas', 'pyarrow', 'faiss'}"
    code = f"import sys, recommender.models, recommender.artifact; print({heavy} & set(sys.modules))"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "set()"

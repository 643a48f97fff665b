"""The proof on UCI Online Shoppers in its short form: the same reading and judging, over an invented table."""

from pathlib import Path

import numpy as np
import pytest

from recommender.models.intent.model import IntentConfig
from recommender.models.intent.quality import auroc
from tests.benchmarks.intent import VALUES, milliseconds, read, validated

HEAD = "Month,PageValues,ExitRates,VisitorType,Weekend,Revenue"
QUICK = IntentConfig(trees=30, folds=2, min_leaf=20)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 1,500 sessions whose orders follow from `PageValues` and little else."""
    random, lines = np.random.default_rng(11), [HEAD]
    for _ in range(1500):
        value, exits = random.exponential(5.0), random.random()
        bought = random.random() < 1 / (1 + np.exp(3 - 0.4 * value + exits))
        month, visitor = random.choice(["Feb", "May"]), random.choice(["New_Visitor", "Returning_Visitor"])
        lines.append(f"{month},{value:.4f},{exits:.4f},{visitor},{bool(random.integers(2))},{bought}".upper())
    path = tmp_path_factory.mktemp("shoppers") / "shoppers.csv"
    path.write_text("\n".join(lines), "utf-8")
    return path


def test_words_become_columns_of_their_own(file: Path) -> None:
    table = read(file)
    words = ("Month_FEB", "Month_MAY", VALUES, "ExitRates", "VisitorType_NEW_VISITOR", "VisitorType_RETURNING_VISITOR")
    assert table.names == (*words, "Weekend")
    assert table.lines.shape == (1500, 7)
    assert table.without(VALUES).lines.shape == (1500, 6)


def test_every_session_is_foretold_by_a_model_of_others(file: Path) -> None:
    table = read(file)
    value = table.lines[:, table.names.index(VALUES)].astype(np.float64)
    found, without = validated(table, QUICK, parts=3), validated(table.without(VALUES), QUICK, parts=3)
    assert found.auroc == pytest.approx(auroc(table.bought, value), abs=0.03)
    assert found.ece < 0.05
    assert found.base_rate == pytest.approx(table.bought.mean())
    assert without.auroc < found.auroc - 0.1
    assert milliseconds(table, QUICK) > 0

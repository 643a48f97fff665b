"""What lies nearest to an item, searched for and remembered."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.engine.nearness import nearest, remembered
from recommender.models.index import ExactIndex, Metric
from tests.recommender.engine.shops import models


def test_what_is_remembered_is_what_the_index_finds() -> None:
    found = models()
    find = remembered(found)
    assert found.content is not None
    assert found.content_index is not None

    for row in np.flatnonzero(np.any(found.content.vectors, axis=1)).tolist():
        searched = nearest(found.content_index, found.content.vectors[row], row)
        for _ in range(2):
            rows, scores = find("content", row)
            assert (rows.tolist(), scores.tolist()) == (searched[0].tolist(), searched[1].tolist())
            assert row not in rows


def test_an_item_is_searched_for_once_and_nobody_changes_what_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    found, asked = models(), 0
    search = ExactIndex.search
    assert found.content is not None

    def counted(*arguments: object) -> object:
        nonlocal asked
        asked += 1
        return search(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(ExactIndex, "search", counted)
    find = remembered(replace(found, content_index=ExactIndex.build(found.content.vectors, Metric.COSINE)))
    rows, _ = find("content", 0)
    find("content", 0)

    assert asked == 1
    with pytest.raises(ValueError, match="read-only"):
        rows[:] = 0


@pytest.mark.parametrize("source", ["factors", "content"])
def test_nothing_lies_near_to_what_the_models_do_not_know(source: str) -> None:
    found = models()
    unknown = len(found.items)

    assert [len(part) for part in remembered(found)(source, unknown)] == [0, 0]
    bare = replace(found, factors=None, factor_index=None, content=None, content_index=None)
    assert [len(part) for part in remembered(bare)(source, 0)] == [0, 0]

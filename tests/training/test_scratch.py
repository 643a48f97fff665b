from pathlib import Path

import faiss
import numpy as np

from recommender.models.index import FaissIndex, Metric
from recommender.models.neighbours import NeighbourModel
from training.scratch import Scratch


def model() -> NeighbourModel:
    size = 100_000  # what is small is read into memory
    parts = np.full(size, 1, np.int32), np.arange(size)[::-1].astype(np.int32), np.ones(size, np.float32)
    return NeighbourModel.from_parts([(*parts, np.ones(size, np.int32))])


def test_a_model_that_was_put_there_says_the_same(tmp_path: Path) -> None:
    given = model()

    found = Scratch(tmp_path / "artifacts").put("views", given)

    assert found is not None
    assert found is not given
    for row in (0, 1, len(given) - 1):
        np.testing.assert_array_equal(found.neighbours(row).rows, given.neighbours(row).rows)


def test_no_file_is_left_by_name(tmp_path: Path) -> None:
    found = Scratch(tmp_path).put("views", model())

    assert found is not None
    assert [*tmp_path.iterdir()] == []


def test_what_was_put_there_can_be_saved(tmp_path: Path) -> None:
    found = Scratch(tmp_path).put("views", model())

    assert found is not None
    found.save(tmp_path / "views")

    np.testing.assert_array_equal(NeighbourModel.load(tmp_path / "views").rows, model().rows)


def test_what_was_looked_at_stays_in_memory_until_the_next_is_put_there(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path)
    found = scratch.put("views", model())
    assert found is not None

    found.rows.sum()
    before = resident()
    scratch.put("purchases", None)
    assert resident() == before
    scratch.put("purchases", model())

    assert resident() < before
    assert found.rows.sum() == model().rows.sum()


def resident() -> int:
    """kB of unnamed files in memory."""
    held, inside = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split(" ", 1)[0]:
            inside = "(deleted)" in line
        elif inside and line.startswith("Rss:"):
            held += int(line.split()[1])
    return held


def test_searches_keep_every_core(tmp_path: Path) -> None:
    index = FaissIndex.build(np.eye(50, dtype=np.float32), Metric.COSINE)
    faiss.omp_set_num_threads(2)
    try:
        Scratch(tmp_path).put("factor_index", index)
        assert faiss.omp_get_max_threads() == 2
    finally:
        faiss.omp_set_num_threads(1)


def test_without_a_folder_models_stay_where_they_are() -> None:
    given = model()

    assert Scratch().put("views", given) is given
    assert Scratch().put("views", None) is None

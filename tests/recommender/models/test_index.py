from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import ArtifactError
from recommender.models.index import ExactIndex, FaissIndex, Metric, load_index

KINDS = pytest.mark.parametrize("kind", [ExactIndex, FaissIndex])
METRICS = pytest.mark.parametrize("metric", [*Metric])
VECTORS = np.array([[3, 4], [1, 0], [0, 0], [-1, -1]], np.float32)


def random(rows: int, seed: int, dimensions: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32) * (1 + seed)


@KINDS
def test_cosine_does_not_depend_on_length(kind: type) -> None:
    rows, scores = kind.build(VECTORS, Metric.COSINE).search(np.array([[10, 0]], np.float32), 2)

    assert rows.tolist() == [[1, 0]]
    np.testing.assert_allclose(scores, [[1.0, 0.6]], rtol=1e-6)


@KINDS
def test_the_inner_product_does(kind: type) -> None:
    rows, scores = kind.build(VECTORS, Metric.INNER_PRODUCT).search(np.array([[10, 0]], np.float32), 2)

    assert rows.tolist() == [[0, 1]]
    np.testing.assert_allclose(scores, [[30.0, 10.0]])


@KINDS
@METRICS
def test_no_more_than_there_is_comes_back(kind: type, metric: Metric) -> None:
    rows, scores = kind.build(VECTORS, metric).search(VECTORS, 100)

    assert rows.shape == scores.shape == (4, 4)
    assert all(sorted(found) == [0, 1, 2, 3] for found in rows.tolist())


@KINDS
@METRICS
def test_a_saved_index_gives_the_same_numbers(kind: type, metric: Metric, tmp_path: Path) -> None:
    built = kind.build(random(50, 1), metric)
    built.save(tmp_path / "index")

    opened = load_index(tmp_path / "index")

    assert opened.metric is metric
    assert len(opened) == 50
    for found, expected in zip(opened.search(random(5, 2), 10), built.search(random(5, 2), 10), strict=True):
        np.testing.assert_array_equal(found, expected)


@given(st.integers(1, 60), st.integers(0, 5), st.integers(1, 70), st.sampled_from(Metric))
def test_faiss_gives_the_numbers_of_the_exact_index(size: int, seed: int, k: int, metric: Metric) -> None:
    vectors, queries = random(size, seed), random(3, seed + 10)
    exact, fast = ExactIndex.build(vectors, metric), FaissIndex.build(vectors, metric)

    (rows, scores), (found, values) = exact.search(queries, k), fast.search(queries, k)

    np.testing.assert_allclose(values, scores, rtol=1e-4, atol=1e-5)
    assert [set(row) for row in found.tolist()] == [set(row) for row in rows.tolist()]


def test_a_damaged_faiss_file_is_named(tmp_path: Path) -> None:
    FaissIndex.build(VECTORS, Metric.COSINE).save(tmp_path / "index")
    (tmp_path / "index" / "index.faiss").write_bytes(b"nothing")

    with pytest.raises(ArtifactError, match=r"index\.faiss"):
        load_index(tmp_path / "index")


def test_an_index_of_no_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"index\.json"):
        load_index(tmp_path)

from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import ArtifactError
from recommender.models.coded import CodedIndex
from recommender.models.index import ExactIndex, FaissIndex, Metric, build_index, load_index
from recommender.models.inverted import InvertedIndex
from recommender.models.quantised import QuantisedIndex

KINDS = pytest.mark.parametrize("kind", [ExactIndex, FaissIndex, InvertedIndex, QuantisedIndex])
ASKED = pytest.mark.parametrize("kind", [ExactIndex, FaissIndex, InvertedIndex, QuantisedIndex, CodedIndex])
LISTS = pytest.mark.parametrize("kind", [InvertedIndex, QuantisedIndex])
METRICS = pytest.mark.parametrize("metric", [*Metric])
HALF = 1e-3
"""What 16 bits may change."""
VECTORS = np.array([[3, 4], [1, 0], [0, 0], [-1, -1]], np.float32)


def random(rows: int, seed: int, dimensions: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32) * (1 + seed)


@ASKED
def test_cosine_does_not_depend_on_length(kind: type) -> None:
    rows, scores = kind.build(VECTORS, Metric.COSINE).search(np.array([[10, 0]], np.float32), 2)

    assert rows.tolist() == [[1, 0]]
    np.testing.assert_allclose(scores, [[1.0, 0.6]], rtol=HALF)


@ASKED
def test_the_inner_product_does(kind: type) -> None:
    rows, scores = kind.build(VECTORS, Metric.INNER_PRODUCT).search(np.array([[10, 0]], np.float32), 2)

    assert rows.tolist() == [[0, 1]]
    np.testing.assert_allclose(scores, [[30.0, 10.0]], rtol=HALF)


@KINDS
@METRICS
def test_no_more_than_there_is_comes_back(kind: type, metric: Metric) -> None:
    rows, scores = kind.build(VECTORS, metric).search(VECTORS, 100)

    # An index of inverted lists leaves out what has no vector.
    assert rows.shape == scores.shape
    assert all({0, 1, 3} <= {*found} <= {0, 1, 2, 3} for found in rows.tolist())


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


def clustered(rows: int, seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    centres = draw.normal(size=(20, 16))
    return (centres[draw.integers(0, 20, rows)] + 0.4 * draw.normal(size=(rows, 16))).astype(np.float32)


@pytest.mark.parametrize("kind", [InvertedIndex, QuantisedIndex, CodedIndex])
@METRICS
@pytest.mark.parametrize("seed", range(2))
def test_lists_find_what_the_exact_index_finds(kind: type, metric: Metric, seed: int) -> None:
    vectors = clustered(3000, seed)
    vectors[::7] = 0
    queries = vectors[np.flatnonzero(vectors.any(axis=1))[::100]]
    exact, fast = ExactIndex.build(vectors, metric), kind.build(vectors, metric)

    (rows, scores), (found, values) = exact.search(queries, 100), fast.search(queries, 100)

    shared = [len({*near} & {*wanted}) / 100 for near, wanted in zip(found.tolist(), rows.tolist(), strict=True)]
    assert fast.recall >= 0.99
    assert np.mean(shared) >= 0.98
    np.testing.assert_allclose(values[:, :10], scores[:, :10], rtol=5e-3, atol=5e-3)


@METRICS
def test_where_lists_of_codes_do_not_find_enough_all_codes_are_compared(metric: Metric) -> None:
    built = [CodedIndex.build(vectors, metric) for vectors in (clustered(4000, 2), random(4000, 2, 12))]

    kinds = [type(faiss.downcast_index(one.index.base_index)) for one in built]

    assert kinds == [faiss.IndexIVFPQFastScan, faiss.IndexPQFastScan]


@KINDS
@METRICS
def test_only_those_that_are_asked_for_are_found_and_as_many_as_there_are(kind: type, metric: Metric) -> None:
    vectors = clustered(1000, 4)
    among = np.zeros(1000, np.bool_)
    among[3::25] = True
    few = ExactIndex.build(vectors[among], metric)

    rows, scores = kind.build(vectors, metric).search(vectors[:5], 100, among)

    wanted, expected = few.search(vectors[:5], 100)
    assert rows.shape == (5, 40)
    assert among[rows].all()
    assert [{*found} for found in rows.tolist()] == [{*(25 * near + 3).tolist()} for near in wanted]
    np.testing.assert_allclose(scores, expected, rtol=5e-3, atol=5e-3)


@LISTS
def test_of_few_items_only_lists_that_hold_any_are_looked_into(kind: type) -> None:
    vectors = clustered(2000, 5)
    vectors[7] = 0
    index = kind.build(vectors, Metric.COSINE)
    near = index.search(vectors[:1], 30)[0][0]
    among = np.zeros(2000, np.bool_)
    among[[*near, 7]] = True
    index.index.nprobe = 1

    rows, _ = index.search(-vectors[:1], 40, among)

    assert index.lists[7] == -1  # has no vector
    assert {*rows[0].tolist()} == {*near.tolist(), -1}


def test_an_index_that_does_not_say_which_lists_hold_which_items_finds_them_as_well(tmp_path: Path) -> None:
    vectors = clustered(500, 5)
    InvertedIndex.build(vectors, Metric.COSINE).save(tmp_path)
    (tmp_path / "lists.npy").unlink()
    among = np.zeros(500, np.bool_)
    among[5::50] = True

    rows, _ = load_index(tmp_path).search(vectors[:1], 10, among)

    assert {*rows[0].tolist()} == {*range(5, 500, 50)}


@KINDS
def test_of_nothing_nothing_is_found(kind: type) -> None:
    rows, scores = kind.build(VECTORS, Metric.COSINE).search(VECTORS[:2], 3, np.zeros(4, np.bool_))

    assert rows.shape == scores.shape == (2, 0)


def test_the_number_of_items_decides_the_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.models.index.EXACT_ITEMS", 100)
    monkeypatch.setattr("recommender.models.index.INVERTED_ITEMS", 101)

    built = [build_index(clustered(size, 0), Metric.COSINE) for size in (100, 101, 102)]

    assert [type(index) for index in built] == [FaissIndex, InvertedIndex, QuantisedIndex]


@LISTS
def test_the_recall_that_was_measured_comes_back(kind: type, tmp_path: Path) -> None:
    built = kind.build(clustered(2000, 1), Metric.COSINE)
    built.save(tmp_path)

    assert load_index(tmp_path).recall == built.recall


def test_a_kind_of_the_future_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text('{"kind": "graph", "metric": "cosine"}')

    with pytest.raises(ArtifactError, match="the kind 'graph'; known are exact, faiss, inverted, quantised"):
        load_index(tmp_path)


def test_a_damaged_faiss_file_is_named(tmp_path: Path) -> None:
    FaissIndex.build(VECTORS, Metric.COSINE).save(tmp_path / "index")
    (tmp_path / "index" / "index.faiss").write_bytes(b"nothing")

    with pytest.raises(ArtifactError, match=r"index\.faiss"):
        load_index(tmp_path / "index")


def test_an_index_of_no_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"index\.json"):
        load_index(tmp_path)

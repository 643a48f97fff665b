"""Lists of codes, whose best are compared again."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from recommender.artifact import ArtifactStore, Manifest
from recommender.errors import ArtifactError
from recommender.models import inverted, quantised
from recommender.models.index import ExactIndex, Metric, build_index, load_index
from recommender.models.inverted import InvertedIndex
from recommender.models.models import Models
from recommender.models.quantised import QuantisedIndex
from recommender.vocabulary import Vocabulary
from tests.recommender.models.contract import ModelContract
from tests.recommender.models.test_index import clustered

END = datetime(2025, 6, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    found = clustered(1500, 3)
    found[::9] = 0
    return found


@pytest.fixture(scope="module")
def built(vectors: np.ndarray) -> QuantisedIndex:
    return QuantisedIndex.build(vectors, Metric.COSINE)


class TestQuantisedIndex(ModelContract):
    @pytest.fixture
    def model(self, built: QuantisedIndex) -> QuantisedIndex:
        return built


def test_vectors_tell_the_scores_and_the_order_and_not_codes(vectors: np.ndarray, built: QuantisedIndex) -> None:
    halves = quantised.prepared(vectors, Metric.COSINE).astype(np.float16).astype(np.float32)

    rows, scores = built.search(vectors[1:9], 20)

    true = ExactIndex(halves, Metric.COSINE).search(vectors[1:9], 20)
    np.testing.assert_array_equal(rows, true[0])
    np.testing.assert_allclose(scores, true[1], rtol=1e-6)


def test_vectors_lie_list_by_list_and_those_of_no_length_nowhere(vectors: np.ndarray, built: QuantisedIndex) -> None:
    known = np.flatnonzero(vectors.any(axis=1))
    by_place = known[np.argsort(built.places[known])]

    assert np.all(np.diff(built.lists[by_place]) >= 0)
    assert built.places[by_place].tolist() == [*range(len(known))] == [*range(len(built.vectors))]
    assert {*built.places[::9].tolist(), *built.lists[::9].tolist()} == {-1}


def test_a_code_is_a_byte_for_two_dimensions_and_32_bytes_at_most() -> None:
    codes = {size: built_of(size).index.code_size for size in (7, 16, 100)}

    assert codes == {7: 4, 16: 8, 100: 32}


def built_of(dimensions: int) -> QuantisedIndex:
    vectors = np.random.default_rng(dimensions).normal(size=(300, dimensions)).astype(np.float32)
    index = QuantisedIndex.build(vectors, Metric.COSINE)
    assert index.search(10 * vectors[5:6], 1)[0].tolist() == [[5]]
    return index


def test_more_is_looked_at_until_enough_is_found(vectors: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantised, "FIRST_PROBES", 1)

    index = QuantisedIndex.build(vectors, Metric.COSINE)

    assert index.index.nprobe > 1
    assert index.enough
    assert replace(index, recall=0.994).enough is False


def test_where_codes_tell_too_little_the_lists_hold_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"index.EXACT_ITEMS": 0, "index.INVERTED_ITEMS": 0, "quantised.PARTS": (1, 2)}.items():
        monkeypatch.setattr(f"recommender.models.{name}", value)
    noise = np.random.default_rng(0).normal(size=(3000, 32)).astype(np.float32)

    index = build_index(noise, Metric.COSINE)

    assert isinstance(index, InvertedIndex)
    assert index.recall >= 0.995


def test_blocks_change_nothing(vectors: np.ndarray, built: QuantisedIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (inverted, quantised):
        monkeypatch.setattr(module, "AT_ONCE", 130)

    by_parts = QuantisedIndex.build(vectors, Metric.COSINE)

    for found, expected in zip(by_parts.search(vectors[1:9], 30), built.search(vectors[1:9], 30), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_description_that_lacks_something_is_refused(built: QuantisedIndex, tmp_path: Path) -> None:
    built.save(tmp_path)
    told = json.loads((tmp_path / "index.json").read_text())
    (tmp_path / "index.json").write_text(json.dumps({**told, "times": None}))

    with pytest.raises(ArtifactError, match=r"index\.json in .* cannot be read"):
        load_index(tmp_path)


def test_an_artifact_keeps_it_and_says_what_it_finds(
    tmp_path: Path, vectors: np.ndarray, built: QuantisedIndex
) -> None:
    items = Vocabulary([str(row) for row in range(len(vectors))])
    fitted = replace(Models.empty(END), items=items, content_index=built)

    artifact = ArtifactStore(tmp_path).add(fitted, manifest())

    assert artifact.manifest.recalls == {"content_index": built.recall}
    assert {name for name in artifact.manifest.files if name.startswith("content_index/")} == {
        f"content_index/{name}" for name in ("index.faiss", "index.json", "lists.npy", "places.npy", "vectors.npy")
    }
    assert artifact.models.content_index is not None
    assert artifact.models.content_index.search(vectors[1:2], 1)[0].tolist() == [[1]]


def manifest() -> Manifest:
    nothing = {"configuration": {}, "metrics": {}, "counts": {}, "strategies": {}}
    return Manifest(shop="demo", data_start=None, data_end=END, fingerprint="f", **nothing)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.models import strongest as module
from recommender.models.arrays import FloatArray, IntArray
from recommender.models.blocks import Blocks
from recommender.models.strongest import strongest


def vectors(items: int, seed: int) -> FloatArray:
    return np.random.default_rng(seed).standard_normal((items, 8)).astype(np.float32)


def gathered(left: FloatArray, right: FloatArray, size: int, products: int = 10_000) -> tuple[IntArray, FloatArray]:
    blocks = [*strongest(left, right, size, Blocks(products=products))]
    assert [begin for begin, _, _ in blocks] == np.cumsum([0, *(len(rows) for _, rows, _ in blocks)])[:-1].tolist()
    return np.concatenate([rows for _, rows, _ in blocks]), np.concatenate([scores for _, _, scores in blocks])


@given(st.integers(1, 12_000))
def test_blocks_of_any_size_hold_the_best_others_of_every_item(products: int) -> None:
    left, right = vectors(100, 0), vectors(100, 1)
    exact = left @ right.T
    np.fill_diagonal(exact, -np.inf)

    rows, scores = gathered(left, right, 5, products)

    np.testing.assert_allclose(np.sort(scores, axis=1), np.sort(exact, axis=1)[:, -5:], rtol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(exact, rows.astype(np.int64), 1), scores, rtol=1e-5)


def test_inverted_lists_find_nearly_all_of_them_and_never_the_item_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = vectors(3000, 0), vectors(3000, 1)
    exact, _ = gathered(left, right, 10)
    monkeypatch.setattr(module, "EXACT", 100)

    rows, scores = gathered(left, right, 10)

    found = np.mean([len(set(near) & set(best)) for near, best in zip(rows.tolist(), exact.tolist(), strict=True)])
    assert found > 7
    assert not (rows == np.arange(3000)[:, None]).any()
    known = rows >= 0
    owners = np.nonzero(known)[0]
    np.testing.assert_allclose(
        scores[known], np.einsum("ij,ij->i", left[owners], right[rows[known]]), rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize("items", [0, 1, 2])
def test_hardly_any_items_have_hardly_any_others(items: int) -> None:
    blocks = [*strongest(vectors(items, 0), vectors(items, 1), 5)]

    assert all(rows.shape[1] == max(items - 1, 0) for _, rows, _ in blocks)

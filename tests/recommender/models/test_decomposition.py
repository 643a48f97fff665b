import numpy as np
import pytest
import scipy.sparse as sp

from recommender.models.decomposition import main_directions


def matrix(rows: int, columns: int) -> sp.csr_array:
    """Directions that differ clearly in strength, as those of text do."""
    draw = np.random.default_rng(2)
    left, _ = np.linalg.qr(draw.normal(size=(rows, rows)))
    right, _ = np.linalg.qr(draw.normal(size=(columns, columns)))
    strength = np.zeros((rows, columns))
    np.fill_diagonal(strength, 2.0 ** -np.arange(min(rows, columns)))
    return sp.csr_array(left @ strength @ right)


@pytest.mark.parametrize("shape", [(30, 50), (50, 30), (30, 30)])
def test_directions_are_those_of_the_exact_decomposition(shape: tuple[int, int]) -> None:
    given = matrix(*shape)

    found = main_directions(given, 5, seed=1)

    _, _, exact = np.linalg.svd(given.toarray())
    np.testing.assert_allclose(np.abs(np.sum(found * exact[:5], axis=1)), 1.0, atol=1e-6)


@pytest.mark.parametrize("shape", [(300, 500), (500, 300), (300, 300)])
@pytest.mark.parametrize("cells", [1, 700, 4000])
def test_in_pieces_they_are_the_same(shape: tuple[int, int], cells: int) -> None:
    given = matrix(*shape)

    found = main_directions(given, 6, seed=1, cells=cells)

    whole = main_directions(given, 6, seed=1)
    np.testing.assert_allclose(np.abs(np.sum(found * whole, axis=1)), 1.0, atol=1e-9)
    np.testing.assert_allclose(found @ found.T, np.eye(6), atol=1e-9)


@pytest.mark.parametrize("shape", [(3, 50), (50, 3), (1, 1)])
def test_a_small_matrix_has_fewer_directions(shape: tuple[int, int]) -> None:
    assert main_directions(matrix(*shape), 10, seed=1).shape == (min(shape), shape[1])


def test_what_is_there_twice_is_one_direction() -> None:
    assert len(main_directions(sp.csr_array(np.ones((4, 6))), 3, seed=1)) == 1


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (4, 4)])
def test_nothing_has_no_direction(shape: tuple[int, int]) -> None:
    assert main_directions(sp.csr_array(shape), 3, seed=1).shape == (0, shape[1])


def test_the_same_seed_gives_the_same_directions() -> None:
    given = matrix(20, 40)

    np.testing.assert_array_equal(main_directions(given, 4, seed=1), main_directions(given, 4, seed=1))

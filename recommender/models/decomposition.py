"""The main directions of a sparse matrix.

Home-made because libraries orthogonalise the long side of a matrix too, where this needs the short one only: for a
catalogue's words that is several times slower.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

EXTRA = 10
"""Directions carried along, so that the last wanted ones come out well."""
ROUNDS = 3
"""Passes over the matrix; each one presses the weak directions down."""
NEGLIGIBLE = 1e-5
"""Directions this much weaker than the first are numerical noise."""


def main_directions(matrix: Any, size: int, seed: int) -> Doubles:
    """The right singular vectors of the `size` largest singular values, one a row, the strongest first.

    Fewer come back when the matrix has fewer. Randomised subspace iteration, on the shorter side of the matrix.
    """
    rows, columns = matrix.shape
    wanted = min(size + EXTRA, rows, columns)
    start = np.random.default_rng(seed).standard_normal((min(rows, columns), wanted))
    if rows <= columns:
        basis = _basis(lambda block: matrix @ (matrix.T @ block), start)
        values, turns = _spectrum(basis, matrix @ (matrix.T @ basis))
        found = matrix.T @ (basis @ (turns / values))
    else:
        basis = _basis(lambda block: matrix.T @ (matrix @ block), start)
        values, turns = _spectrum(basis, matrix.T @ (matrix @ basis))
        found = basis @ turns
    return np.ascontiguousarray(found[:, :size].T)


def _basis(step: Any, block: Doubles) -> Doubles:
    for _ in range(ROUNDS):
        block, _ = np.linalg.qr(step(block))
    return block


def _spectrum(basis: Doubles, image: Doubles) -> tuple[Doubles, Doubles]:
    """Singular values, falling, and how the basis must be turned to their vectors."""
    squares, turns = np.linalg.eigh(basis.T @ image)
    values = np.sqrt(np.maximum(squares[::-1], 0.0))
    kept = values > NEGLIGIBLE * max(float(values.max(initial=0.0)), 1e-300)
    return values[kept], turns[:, ::-1][:, kept]

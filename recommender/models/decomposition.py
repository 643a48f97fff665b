"""The main directions of a sparse matrix.

Home-made because libraries orthogonalise the long side of a matrix too, where this needs the short one only: for a
catalogue's words that is several times slower.
"""

from collections.abc import Iterator
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
CELLS = 16_000_000
"""Numbers held at once beside the directions, 8 bytes each: a million items' 74 directions are more than four times as
many."""


def main_directions(matrix: Any, size: int, seed: int, cells: int = CELLS) -> Doubles:
    """The right singular vectors of the `size` largest singular values, one a row, the strongest first.

    Fewer come back when the matrix has fewer. Randomised subspace iteration, on the shorter side of the matrix.

    Args:
        matrix: sparse, of any shape.
        size: how many are wanted.
        seed: of the start.
        cells: how many numbers are held at once beside the directions themselves.
    """
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    short, long = wide.shape
    wanted = min(size + EXTRA, short)
    basis = np.random.default_rng(seed).standard_normal((short, wanted))
    pieces = [*_pieces(wanted, cells // max(long, 1))]
    for _ in range(ROUNDS):
        for piece in pieces:
            basis[:, piece] = wide @ (wide.T @ basis[:, piece])
        _orthonormalise(basis, cells)
    squares = np.empty((wanted, wanted))
    for piece in pieces:
        squares[:, piece] = basis.T @ (wide @ (wide.T @ basis[:, piece]))
    values, turns = _spectrum(squares)
    turns = (turns / values if wide is matrix else turns)[:, :size]
    found: Doubles = wide.T @ (basis @ turns) if wide is matrix else basis @ turns
    return found.T


def _pieces(length: int, most: int) -> Iterator[slice]:
    """Equal parts of a length, of hardly more than `most` each."""
    count = max(1, min(length, -(-length // max(most, 1))))
    edges = np.linspace(0, length, count + 1).astype(int).tolist()
    yield from map(slice, edges[:-1], edges[1:])


def _orthonormalise(block: Doubles, cells: int) -> None:
    """Make the columns orthonormal in their place, keeping what they span (TSQR: Demmel, Grigori et al. 2012)."""
    height, width = block.shape
    pieces = [*_pieces(height, max(cells // max(width, 1), 2 * width))]
    tops = []
    for piece in pieces:
        block[piece], top = np.linalg.qr(block[piece])
        tops.append(top)
    if len(pieces) > 1:
        turns = np.split(np.linalg.qr(np.concatenate(tops))[0], len(pieces))
        for piece, turn in zip(pieces, turns, strict=True):
            block[piece] = block[piece] @ turn


def _spectrum(squares: Doubles) -> tuple[Doubles, Doubles]:
    """Singular values, falling, and how the basis must be turned to their vectors."""
    found, turns = np.linalg.eigh(squares)
    values = np.sqrt(np.maximum(found[::-1], 0.0))
    kept = values > NEGLIGIBLE * max(float(values.max(initial=0.0)), 1e-300)
    return values[kept], turns[:, ::-1][:, kept]

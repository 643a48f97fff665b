"""Matrix factorisation: every item a vector; a person is the vector that explains their interactions best."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, NonNegativeInt, PositiveFloat, PositiveInt

from recommender.models.arrays import FloatArray, IntArray, load_arrays, save_arrays
from recommender.models.threads import one_blas_thread


class FactorConfig(BaseModel, extra="forbid", frozen=True):
    """Settings for :meth:`FactorModel.fit`."""

    dimensions: PositiveInt = 64
    """Length of the vectors."""
    regularization: PositiveFloat = 0.33
    """How strongly vectors are held small, for each item that a person chose on average."""
    balance: PositiveFloat = 0.035
    """What a person's interactions weigh together, beside all the items that they did not choose."""
    max_confidence: PositiveFloat = 100.0
    """What one interaction weighs at most (and 1 at least), beside one item that was not chosen."""
    iterations: PositiveInt = 12
    """Rounds of alternating least squares."""
    half_life_days: PositiveFloat = 90
    """Age at which an interaction counts half."""
    max_interactions: PositiveInt = 20_000_000
    """Interactions that are learned from at most: all those of some people, drawn by their ids. The others get a
    vector like everybody, when they are served."""
    seed: NonNegativeInt = 7
    """Of the random first vectors."""


class Problem(NamedTuple):
    """What is factorised, and how strongly."""

    trust: Any
    """Sparse, people by items: how sure it is that a person wants an item."""
    regularization: float
    confidence: float
    """What an interaction of weight 1 adds to the trust."""

    @classmethod
    def of(
        cls, person_rows: IntArray, item_rows: IntArray, weights: FloatArray, *, items: int, config: FactorConfig
    ) -> Self:
        """Put interactions together; rows of person -1 are left out."""
        import scipy.sparse as sp

        known = person_rows >= 0
        _, people = np.unique(person_rows[known], return_inverse=True)
        pairs = sp.csr_array((weights[known], (people, item_rows[known])), shape=(int(people.max()) + 1, items))
        pairs.sum_duplicates()
        trust = sp.csr_matrix(pairs)
        # Both follow from how full the table is: what suits a dense shop drowns a sparse one, and the other way round.
        chosen_each = pairs.nnz / pairs.shape[0]
        confidence = min(max(config.balance * items / chosen_each, 1.0), config.max_confidence)
        trust.data = (1.0 + confidence * trust.data).astype(np.float32)
        return cls(trust, config.regularization * chosen_each, confidence)


@dataclass(frozen=True, eq=False)
class FactorModel:
    """Item vectors, and what is needed to fold a person in at request time."""

    vectors: FloatArray
    """Items by dimensions; zero where nobody chose the item."""
    gram: NDArray[np.float64]
    """Sum of the outer products of the item vectors, with the regularization on its diagonal."""
    confidence: float

    def __len__(self) -> int:
        return len(self.vectors)

    @classmethod
    def fit(
        cls, person_rows: IntArray, item_rows: IntArray, weights: FloatArray, *, items: int, config: FactorConfig
    ) -> Self:
        """Factorise people by items; weights of the same pair are added up."""
        from implicit.cpu.als import AlternatingLeastSquares

        problem = Problem.of(person_rows, item_rows, weights, items=items, config=config)
        with one_blas_thread():
            model = AlternatingLeastSquares(
                factors=config.dimensions,
                regularization=problem.regularization,
                iterations=config.iterations,
                random_state=config.seed,
            )
            model.fit(problem.trust, show_progress=False)
        vectors = np.ascontiguousarray(model.item_factors, np.float32)
        chosen = np.bincount(problem.trust.indices, minlength=items) > 0
        vectors[~chosen] = 0.0
        return cls.of(vectors, regularization=problem.regularization, confidence=problem.confidence)

    @classmethod
    def of(cls, vectors: FloatArray, *, regularization: float, confidence: float) -> Self:
        """The model of these item vectors."""
        wide = vectors.astype(np.float64)
        return cls(vectors, wide.T @ wide + regularization * np.eye(vectors.shape[1]), confidence)

    def fold_in(self, rows: IntArray, weights: FloatArray) -> FloatArray:
        """The vector of a person with these interactions: the closed-form half step of the fit."""
        known = (rows >= 0) & (rows < len(self))
        chosen = self.vectors[rows[known]].astype(np.float64)
        extra = self.confidence * np.asarray(weights, np.float64)[known]
        left = self.gram + (chosen.T * extra) @ chosen
        return np.linalg.solve(left, chosen.T @ (1.0 + extra)).astype(np.float32)

    def score(self, vector: FloatArray) -> FloatArray:
        """How much each item fits a person's vector."""
        return np.asarray(self.vectors @ vector, np.float32)

    def save(self, folder: Path) -> None:
        """Write the vectors below `folder`."""
        save_arrays(folder, vectors=self.vectors, gram=self.gram)
        (folder / "factors.json").write_text(json.dumps({"confidence": self.confidence}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        vectors, gram = load_arrays(folder, "vectors", "gram")
        return cls(vectors, gram, float(json.loads((folder / "factors.json").read_text())["confidence"]))

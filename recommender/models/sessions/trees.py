"""Boosted trees as flat arrays: LightGBM's text compiled for a quick walk, equal to its own predictions."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.errors import ArtifactError
from recommender.models.arrays import FloatArray, IntArray
from recommender.models.compiling import compiled, sealed

MISSING_NAN = 2
"""Of LightGBM's kinds of missing values the one that its trees over floats use; others are refused."""


class Trees(NamedTuple):
    """Nodes of all trees end to end; children of a leaf are the leaf itself."""

    roots: IntArray
    features: IntArray
    thresholds: NDArray[np.float64]
    left: IntArray
    right: IntArray
    nan_left: NDArray[np.bool_]
    values: NDArray[np.float64]
    depths: IntArray
    """Steps from each root to its deepest leaf."""


def parse(text: str) -> Trees:
    """Compile the text of a LightGBM model.

    Raises:
        ArtifactError: the text is none, or its trees are of a kind that is not known here.
    """
    blocks = text.split("\nTree=")[1:]
    if not text.startswith("tree\n") or not blocks:
        raise ArtifactError("the ranker's text is not a LightGBM model")
    try:
        nodes = [_tree(dict(_fields(block))) for block in blocks]
    except (KeyError, ValueError, IndexError) as error:
        raise ArtifactError(f"the ranker's trees cannot be read: {error}") from None
    sizes = np.array([len(tree["features"]) for tree in nodes])
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    shift = np.repeat(roots, sizes)
    joined = {name: np.concatenate([tree[name] for tree in nodes]) for name in nodes[0] if name != "depth"}
    return Trees(
        *map(
            sealed,
            (
                roots.astype(np.int32),
                joined["features"].astype(np.int32),
                joined["thresholds"],
                (joined["left"] + shift).astype(np.int32),
                (joined["right"] + shift).astype(np.int32),
                joined["nan_left"].astype(np.bool_),
                joined["values"],
                np.array([tree["depth"][0] for tree in nodes], np.int32),
            ),
        )
    )


def _fields(block: str) -> list[tuple[str, str]]:
    lines = [line.partition("=") for line in block.split("\n\n")[0].splitlines() if "=" in line]
    return [(name, value) for name, _, value in lines]


def _tree(fields: dict[str, str]) -> dict[str, NDArray[np.generic]]:
    """Nodes of one tree: the inner ones first, its leaves behind them."""
    leaves = np.array(fields["leaf_value"].split(), np.float64)
    inner = len(leaves) - 1
    features = np.array(fields["split_feature"].split(), np.int64) if inner else np.empty(0, np.int64)
    kinds = np.array(fields["decision_type"].split(), np.int64) if inner else np.empty(0, np.int64)
    if np.any(kinds & 1) or np.any((kinds >> 2) & 3 == 1):
        raise ValueError("categorical splits and zeros that stand for missing values are not known here")
    own = np.arange(inner, inner + len(leaves))
    left, right = (_children(fields.get(name, ""), inner) for name in ("left_child", "right_child"))
    thresholds = np.array(fields["threshold"].split(), np.float64) if inner else np.empty(0)
    # Where training saw no missing value, LightGBM reads one as 0.
    as_zero = np.where((kinds >> 2) & 3 == MISSING_NAN, (kinds & 2) > 0, thresholds >= 0)
    left, right = np.concatenate([left, own]), np.concatenate([right, own])
    none = np.zeros(len(leaves))
    return {
        "features": np.concatenate([features, none.astype(np.int64)]),
        "thresholds": np.concatenate([thresholds, none]),
        "left": left,
        "right": right,
        "nan_left": np.concatenate([as_zero, none > 0]),
        "values": np.concatenate([np.zeros(inner), leaves]),
        "depth": np.array([_depth(left, right, inner)]),
    }


def _children(text: str, inner: int) -> NDArray[np.int64]:
    """Places of children; LightGBM gives leaves as -1, -2, ..."""
    children = np.array(text.split(), np.int64)
    return np.where(children < 0, inner - children - 1, children)


def _depth(left: NDArray[np.int64], right: NDArray[np.int64], inner: int) -> int:
    depths = np.zeros(len(left), np.int64)
    for node in range(inner):
        depths[[left[node], right[node]]] = depths[node] + 1
    return int(depths.max())


@compiled
def evaluate(trees: Trees, lines: FloatArray, out: NDArray[np.float64]) -> None:
    """Write into `out` the sum of the trees for each of the `lines`.

    Tree by tree over all lines: its few nodes stay in the nearest cache, and the walks of different lines overlap.
    """
    out[:] = 0
    at = np.empty(len(lines), np.int32)
    for tree in range(len(trees.roots)):
        at[:] = trees.roots[tree]
        for _ in range(trees.depths[tree]):
            for line in range(len(lines)):
                node = at[line]
                value = lines[line, trees.features[node]]
                goes_left = trees.nan_left[node] if np.isnan(value) else value <= trees.thresholds[node]
                at[line] = trees.left[node] if goes_left else trees.right[node]
        for line in range(len(lines)):
            out[line] += trees.values[at[line]]

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
    """Nodes of all trees end to end, a node's right child behind its left one; a leaf's child is the leaf itself."""

    roots: IntArray
    features: IntArray
    thresholds: FloatArray
    """Rounded down: a float is below the rounded threshold just when it is below the exact one."""
    children: IntArray
    nan_left: NDArray[np.bool_]
    values: NDArray[np.float64]
    depths: IntArray
    """Steps from each root to its deepest leaf."""


NO_TREES = Trees(*(sealed(np.empty(0, kind)) for kind in ("i4", "i4", "f4", "i4", "?", "f8", "i4")))


class Node(NamedTuple):
    """One node while trees are laid out."""

    feature: int
    threshold: float
    child: int
    nan_left: bool
    value: float


def parse(text: str) -> Trees:
    """Compile the text of a LightGBM model.

    Raises:
        ArtifactError: the text is none, or its trees are of a kind that is not known here.
    """
    blocks = text.split("\nTree=")[1:]
    if not text.startswith("tree\n") or not blocks:
        raise ArtifactError("the ranker's text is not a LightGBM model")
    nodes: list[Node] = []
    roots, depths = [], []
    try:
        for block in blocks:
            roots.append(len(nodes))
            depths.append(_lay_out(dict(_fields(block)), nodes))
    except (KeyError, ValueError, IndexError) as error:
        raise ArtifactError(f"the ranker's trees cannot be read: {error}") from None
    columns = [np.array(column) for column in zip(*nodes, strict=True)]
    features, thresholds, children, nan_left, values = columns
    return Trees(
        roots=sealed(np.array(roots, np.int32)),
        features=sealed(features.astype(np.int32)),
        thresholds=sealed(_rounded_down(thresholds.astype(np.float64))),
        children=sealed(children.astype(np.int32)),
        nan_left=sealed(nan_left.astype(np.bool_)),
        values=sealed(values.astype(np.float64)),
        depths=sealed(np.array(depths, np.int32)),
    )


def _fields(block: str) -> list[tuple[str, str]]:
    lines = [line.partition("=") for line in block.split("\n\n")[0].splitlines() if "=" in line]
    return [(name, value) for name, _, value in lines]


def _lay_out(fields: dict[str, str], nodes: list[Node]) -> int:
    """Append the nodes of one tree, breadth first; returns its depth."""
    leaves = [float(value) for value in fields["leaf_value"].split()]
    inner = len(leaves) - 1
    splits = [*zip(*(fields[name].split() for name in SPLITS), strict=True)] if inner else []
    if len(splits) != inner:
        raise ValueError(f"{len(splits)} splits of {len(leaves)} leaves")
    front, depth = [0 if inner else -1], -1
    while front:
        depth += 1
        first = len(nodes) + len(front)
        following: list[int] = []
        for node in front:
            if node < 0:
                nodes.append(Node(0, np.inf, len(nodes), nan_left=True, value=leaves[-node - 1]))
                continue
            feature, threshold, kind, left, right = splits[node]
            bound, missing_left = float(threshold), _missing_left(int(kind), float(threshold))
            nodes.append(Node(int(feature), bound, first + len(following), missing_left, 0.0))
            following += [int(left), int(right)]
        front = following
    return depth


SPLITS = ("split_feature", "threshold", "decision_type", "left_child", "right_child")
"""Names of LightGBM's lists of splits; children below 0 are leaves."""


def _missing_left(kind: int, threshold: float) -> bool:
    """Where a missing value goes. Where training saw none, LightGBM reads it as 0."""
    if kind & 1 or (kind >> 2) & 3 == 1:
        raise ValueError("categorical splits and zeros that stand for missing values are not known here")
    return bool(kind & 2) if (kind >> 2) & 3 == MISSING_NAN else threshold >= 0


def _rounded_down(thresholds: NDArray[np.float64]) -> FloatArray:
    rounded = thresholds.astype(np.float32)
    return np.where(rounded > thresholds, np.nextafter(rounded, np.float32(-np.inf)), rounded).astype(np.float32)


@compiled
def evaluate(trees: Trees, lines: FloatArray, out: NDArray[np.float64]) -> None:
    """Write into `out` the sum of the trees for each of the `lines`.

    Tree by tree over all lines, without a branch: its few nodes stay in the nearest cache, and the walks of different
    lines overlap.
    """
    out[:] = 0
    at = np.empty(len(lines), np.int32)
    for tree in range(len(trees.roots)):
        at[:] = trees.roots[tree]
        for _ in range(trees.depths[tree]):
            for line in range(len(lines)):
                node = at[line]
                value = lines[line, trees.features[node]]
                goes_left = (value <= trees.thresholds[node]) | (trees.nan_left[node] & (value != value))
                at[line] = trees.children[node] + np.int32(not goes_left)
        for line in range(len(lines)):
            out[line] += trees.values[at[line]]

"""Boosted trees as flat arrays: LightGBM's text compiled for a quick walk, equal to its own predictions."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.errors import ArtifactError
from recommender.models.arrays import FloatArray, IntArray, LongArray
from recommender.models.compiling import compiled, sealed

MISSING_NAN = 2
"""Of LightGBM's kinds of missing values the one that its trees over floats use; others are refused."""
DETERMINISTIC: Final[Mapping[str, object]] = {"deterministic": True, "force_row_wise": True, "verbosity": -1}
"""Settings by which LightGBM learns the same from the same, and keeps quiet."""


class Trees(NamedTuple):
    """Nodes of all trees end to end, a node's right child behind its left one; a leaf's child is the leaf itself."""

    roots: IntArray
    nodes: LongArray
    """What a walk reads at each node, in one word: threshold (32 bits, as :func:`rank`), column (8), left child (24).

    Thresholds are rounded down: a float is below the rounded one just when it is below the exact one.
    """
    values: NDArray[np.float64]
    depths: IntArray
    """Steps from each root to its deepest leaf."""


NO_TREES = Trees(*(sealed(np.empty(0, kind)) for kind in ("i4", "i8", "f8", "i4")))
CHILD_BITS, COLUMN_BITS = 24, 8
HIGHEST, LOWEST = np.int32(2**31 - 1), np.int32(-(2**31))


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
        nodes=sealed(_packed(features, _rounded_down(thresholds.astype(np.float64)), children, nan_left)),
        values=sealed(values.astype(np.float64)),
        depths=sealed(np.array(depths, np.int32)),
    )


def _packed(features: LongArray, thresholds: FloatArray, children: LongArray, nan_left: NDArray[np.bool_]) -> LongArray:
    if len(children) >= 2**CHILD_BITS or 2 * int(features.max()) + 1 >= 2**COLUMN_BITS:
        raise ArtifactError(f"the ranker has too many nodes ({len(children)}) or features ({features.max() + 1})")
    ranks = np.array([rank(threshold, HIGHEST) for threshold in thresholds], np.int64)
    packed: LongArray = ranks << (CHILD_BITS + COLUMN_BITS) | (2 * features + nan_left) << CHILD_BITS | children
    return packed


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
def rank(value: np.float32, missing: np.int32) -> np.int32:
    """A whole number that orders floats as they are ordered themselves; `missing` for NaN."""
    if value != value:
        return missing
    if value == 0:
        return np.int32(0)  # of either sign
    bits = np.float32(value).view(np.int32)
    return np.int32(bits if bits >= 0 else bits ^ HIGHEST)


@compiled
def below(nodes: LongArray, line: IntArray, node: int) -> int:
    """The child of a node to which a line goes; without a branch."""
    word = nodes[node]
    goes_right = line[(word >> CHILD_BITS) & (2**COLUMN_BITS - 1)] > (word >> (CHILD_BITS + COLUMN_BITS))
    return int(word & (2**CHILD_BITS - 1)) + int(goes_right)


def scores(trees: Trees, lines: NDArray[np.floating]) -> NDArray[np.float64]:
    """What the trees add up to for each line."""
    out = np.empty(len(lines), np.float64)
    evaluate(trees, np.ascontiguousarray(lines, np.float32), out)
    return out


@compiled
def evaluate(trees: Trees, lines: FloatArray, out: NDArray[np.float64]) -> None:
    """Write into `out` the sum of the trees for each of the `lines`.

    Eight lines at once, so that their walks overlap. Each value is there twice, for nodes that send missing values to
    the right and for those that send them to the left.
    """
    size, width = lines.shape
    ranks = np.empty((size + 7, 2 * width), np.int32)
    for line in range(size):
        for column in range(width):
            ranks[line, 2 * column] = rank(lines[line, column], HIGHEST)
            ranks[line, 2 * column + 1] = rank(lines[line, column], LOWEST)
    ranks[size:] = 0
    nodes, sums = trees.nodes, np.empty(8, np.float64)
    for first in range(0, size, 8):
        one, two, three, four = ranks[first], ranks[first + 1], ranks[first + 2], ranks[first + 3]
        five, six, seven, eight = ranks[first + 4], ranks[first + 5], ranks[first + 6], ranks[first + 7]
        sums[:] = 0
        for tree in range(len(trees.roots)):
            a = int(trees.roots[tree])
            b = c = d = e = f = g = h = a
            for _ in range(trees.depths[tree]):
                a, b, c = below(nodes, one, a), below(nodes, two, b), below(nodes, three, c)
                d, e, f = below(nodes, four, d), below(nodes, five, e), below(nodes, six, f)
                g, h = below(nodes, seven, g), below(nodes, eight, h)
            sums[0] += trees.values[a]
            sums[1] += trees.values[b]
            sums[2] += trees.values[c]
            sums[3] += trees.values[d]
            sums[4] += trees.values[e]
            sums[5] += trees.values[f]
            sums[6] += trees.values[g]
            sums[7] += trees.values[h]
        count = min(8, size - first)
        out[first : first + count] = sums[:count]

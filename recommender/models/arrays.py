"""Arrays on disk: one `.npy` file each, opened by memory map unless it is small, never pickled."""

from collections.abc import Iterable
from functools import lru_cache
from io import BytesIO
from mmap import MADV_DONTNEED, MADV_RANDOM, mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from recommender.errors import ArtifactError

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]
ByteArray = NDArray[np.uint8]

SMALL = 2**17
"""Bytes up to which a file is read instead of mapped: a map takes a descriptor and a place among those that the kernel
allows a process (65,530), of which thousands of small shops would need a hundred each, and longer than reading."""

HEADER = 10
"""Bytes of a file before its header: what it is, and as the last two, how long the header is."""
HEADERS = 4096
"""That are kept as they were read."""


def save_arrays(folder: Path, **arrays: NDArray[Any]) -> None:
    """Write each array to `<name>.npy` below `folder`; of one that lies in another file nothing stays in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
        let_go(array)


def let_go(array: NDArray[Any]) -> None:
    """Keep nothing in memory of an array that lies in a file; it is read again where somebody looks."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap):
        base.madvise(MADV_DONTNEED)


def load_array(folder: Path, name: str, *, scattered: bool = False) -> NDArray[Any]:
    """Open `<name>.npy` below `folder` for reading, without copying what is large into memory.

    Args:
        folder: where it lies.
        name: of the array.
        scattered: whether rows will be read here and there; the system then reads no others along.

    Raises:
        ArtifactError: the file is missing or is not an array.
    """
    path = folder / f"{name}.npy"
    try:
        if path.stat().st_size <= SMALL:
            return _parsed(path.read_bytes())
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, TypeError, EOFError) as error:
        raise ArtifactError(f"{path.name} in {folder} cannot be opened: {error}") from None
    array.flags.writeable = False
    base: Any = array.base
    if scattered and isinstance(base, mmap):
        base.madvise(MADV_RANDOM)
    # A plain array over the mapped file: slicing a `memmap` costs several times as much.
    return np.asarray(array)


def _parsed(content: bytes) -> NDArray[Any]:
    """The array of a whole file; thousands of shops have the same few headers, which take longer than all else."""
    shape, in_columns, dtype, begin = _header(
        content[: HEADER + int.from_bytes(content[HEADER - 2 : HEADER], "little")]
    )
    return np.ndarray(shape, dtype, content, begin, order="F" if in_columns else "C")


@lru_cache(HEADERS)
def _header(content: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Shape, order and type, and where values begin, by the header of a file as `np.save` writes it (NEP 1)."""
    file = BytesIO(content)
    version = npy.read_magic(file)
    if version != (1, 0):
        raise ValueError(f"format version {version} instead of (1, 0)")
    shape, in_columns, dtype = npy.read_array_header_1_0(file)
    if dtype.hasobject:
        raise ValueError("its values are pickled objects")
    return shape, in_columns, dtype, len(content)


def load_arrays(folder: Path, *names: str) -> tuple[NDArray[Any], ...]:
    """Open several arrays of one folder; see :func:`load_array`."""
    return tuple(load_array(folder, name) for name in names)


def offsets(counts: NDArray[Any]) -> LongArray:
    """Where each of the consecutive lists with these lengths begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def laid(parts: Iterable[tuple[NDArray[Any], ...]], *kinds: type[np.generic]) -> list[NDArray[Any]]:
    """The columns of some parts end to end, each of its kind; parts are let go of column by column.

    Args:
        parts: of as many columns each as there are kinds.
        kinds: types of the columns.
    """
    columns = [*map(list, zip(*parts, strict=True))] or [[] for _ in kinds]
    found: list[NDArray[Any]] = []
    for column, kind in zip(columns, kinds, strict=True):
        found.append(np.concatenate([np.empty(0, kind), *column], dtype=kind, casting="same_kind"))
        column.clear()
    return found


def spread(values: NDArray[Any], most: int) -> NDArray[Any]:
    """At most so many of `values`, evenly spread, in their order."""
    if len(values) <= most:
        return values
    return values[np.linspace(0, len(values) - 1, most).astype(np.int64)]


def unit(vectors: FloatArray) -> FloatArray:
    """Vectors scaled to length 1; those of no length stay zero."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]  # no copy, as `norm` makes one of all vectors
    scaled: FloatArray = np.zeros(vectors.shape, np.float32)
    np.divide(vectors, lengths, out=scaled, where=lengths > 1e-6)
    return scaled

"""Compiled loops: what numpy has no words for, as fast as C."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

P = ParamSpec("P")
R = TypeVar("R")


OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "arcp", "nsz"},
}
"""Other threads go on meanwhile, a division by 0 gives infinity, and sums may be reordered for speed, though by the
same code in the same way each time; NaN and infinity keep their meaning."""


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` when it is first called, and keep the machine code on disk for the next process.

    Where nothing on disk can be written the function is compiled in every process.
    """
    try:
        return cast("Callable[P, R]", numba.njit(cache=True, **OPTIONS)(function))
    except RuntimeError:
        return cast("Callable[P, R]", numba.njit(**OPTIONS)(function))


def sealed(array: NDArray[Any]) -> NDArray[Any]:
    """The same memory, read only, as a plain array: one type for fitted and loaded values, so one compiled form."""
    view = np.ascontiguousarray(np.asarray(array)).view()
    view.flags.writeable = False
    return view


@compiled
def slot_of(keys: NDArray[np.int32], key: int) -> int:
    """Where `key` is, or where it may be put, in an open table whose size is a power of two and that is never full."""
    mask = len(keys) - 1
    slot = int((np.int64(key) * np.int64(2654435761) >> np.int64(7)) & mask)
    while keys[slot] != -1 and keys[slot] != key:
        slot = (slot + 1) & mask
    return slot


@compiled
def dot(left: NDArray[np.float32], right: NDArray[np.float32]) -> np.float32:
    """Inner product."""
    total = np.float32(0)
    for place in range(len(left)):
        total += left[place] * right[place]
    return total

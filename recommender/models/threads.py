"""Threads of the linear algebra below numpy."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep sums in one order, so that results repeat on any number of cores, and leave the cores to others."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        yield

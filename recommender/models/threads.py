"""Threads of the libraries below: of linear algebra, and of searches."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep sums in one order, so that results repeat on any number of cores, and leave the cores to others."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        yield


@contextmanager
def every_core() -> Iterator[None]:
    """Let searches of many queries use all cores; what they find does not depend on how many."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(os.cpu_count(), "openmp"):
        yield

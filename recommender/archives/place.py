"""Where archives are put together and taken apart."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from recommender.disk import ABANDONED_SECONDS, make_folder
from recommender.workspace import Workspace


@contextmanager
def place(workspace: Workspace) -> Iterator[Path]:
    """An empty folder for the block, beside the shops; what killed processes left there a day ago is deleted."""
    for leftover in workspace.unfinished.glob("*"):
        if time.time() - leftover.stat().st_mtime > ABANDONED_SECONDS:
            shutil.rmtree(leftover, ignore_errors=True)
    made = workspace.unfinished / uuid4().hex
    make_folder(made)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)

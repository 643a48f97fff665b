"""What makes files outlast a power cut, and the names under which they are known."""

import os
import shutil
from pathlib import Path
from typing import Final
from uuid import uuid4

from recommender.days import DAY

ABANDONED_SECONDS: Final = DAY
"""What writers leave behind that are killed is nobody's work any more when it is so old."""


def make_folder(folder: Path) -> None:
    """Make a folder and its parents so that a power cut does not undo it."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(file: Path, content: bytes) -> None:
    """Give a file another content: whoever reads it sees the old one or the new one, also after a power cut."""
    fresh = file.with_name(f".{file.name}-{uuid4().hex}")
    fresh.write_bytes(content)
    sync(fresh)
    fresh.replace(file)
    sync(file.parent)


def link(file: str | Path, target: str | Path) -> None:
    """Give a file a second name, which outlasts the first; a copy, as old, where the disk knows no such thing."""
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, target)
    except OSError:
        shutil.copy2(file, target)

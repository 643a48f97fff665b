"""Files that are vouched for: what each must be, and whether it still is."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel

from recommender.errors import ArtifactError

LEAST_RECALL = 0.99
"""What an index must find of the 100 nearest items, unless a setting says otherwise."""
SMALL_FILE = 2**20
"""Bytes up to which a file's content is compared even in haste."""


class File(BaseModel, extra="forbid", frozen=True):
    """What a file must be."""

    bytes: int
    sha256: str


def sealed(folder: Path) -> dict[str, File]:
    """Every file below `folder`, by its path from there."""
    return {name: sealed_file(folder / name) for name in _names(folder)}


def compare(folder: Path, files: Mapping[str, File], *, whole: bool = True) -> None:
    """Compare the files below `folder` with what they must be.

    Args:
        folder: where they lie.
        files: what they must be.
        whole: whether the contents of large files are compared too, which takes seconds for gigabytes, or their
            sizes only.

    Raises:
        ArtifactError: a file is missing, cut off or altered; it is named.
    """
    for name, expected in files.items():
        file = folder / name
        try:
            size = file.stat().st_size
        except OSError:
            raise ArtifactError(f"{file} is missing") from None
        if size != expected.bytes:
            raise ArtifactError(f"{file} is damaged: {size} bytes instead of {expected.bytes}")
        if (whole or size <= SMALL_FILE) and _digest(file) != expected.sha256:
            raise ArtifactError(f"{file} is damaged: its checksum differs from the manifest's")


def _names(folder: Path) -> Iterator[str]:
    return (file.relative_to(folder).as_posix() for file in sorted(folder.rglob("*")) if file.is_file())


def sealed_file(file: Path) -> File:
    """What a file is now."""
    return File(bytes=file.stat().st_size, sha256=_digest(file))


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()

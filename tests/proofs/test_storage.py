"""The short form of the proof of storage: a few of everything, on the same real S3 server."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.proofs import storage
from tests.proofs.hosts import Where
from tests.proofs.storage import Size
from tests.proofs.tried import Tried

SMALL = Size(publishers=2, readers=1, models=2, turns=10, acts=6, every=11, uploads=2, items=5_000)


@pytest.mark.s3
@pytest.mark.parametrize("part", [storage.raced, storage.mixed, storage.stepped, storage.halved])
def test_there_is_always_one_valid_version(
    part: Callable[[Where, Size, int], Tried], s3_url: str, tmp_path: Path
) -> None:
    variables = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    part(Where(f"{s3_url}/{part.__name__}", variables, tmp_path), SMALL, 1)  # raises where a model is not valid

"""The short form of the proof: one of two processes is updated, and taken back."""

import pytest

from tests.proofs.upgrade import upgraded


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.redis
def test_an_update_fails_no_call_and_loses_nothing() -> None:
    upgraded(seed=1, processes=2, updated=1, seconds=0.3)  # raises where something fails or is lost

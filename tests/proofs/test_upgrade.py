"""The short form of the proof: one of two processes is updated, and taken back."""

import pytest

from tests.proofs.upgrade import Size, upgraded


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.timeout(600)
def test_an_update_fails_no_call_and_loses_nothing() -> None:
    upgraded(
        1, Size(processes=2, updated=1, seconds=0.3, shoppers=1, thinks=0.05)
    )  # raises where something fails or is lost

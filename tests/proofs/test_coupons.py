"""The short form of `python -m tests.proofs coupons`."""

from pathlib import Path

import pytest

from tests import services
from tests.proofs.claims import Got, Rush, check, prepare
from tests.proofs.coupons import rushed, rushes

CLAIMS, CODES = 400, 20
RUSHES = rushes(CLAIMS, CODES, seed=7)


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.parametrize("name", ["pool", "both"])
def test_of_many_visitors_at_four_processes_each_code_goes_to_one(postgres_url: str, name: str) -> None:
    url = services.new_database(postgres_url, f"claims_{name}")
    assert "none twice" in rushed(url, RUSHES[name], processes=4)


@pytest.mark.parametrize("name", RUSHES)
def test_of_many_visitors_at_one_process_each_code_goes_to_one(tmp_path: Path, name: str) -> None:
    assert "none twice" in rushed(f"sqlite:///{tmp_path / 'x.db'}", RUSHES[name], processes=1)


def test_the_proof_notices_a_code_that_was_given_twice(tmp_path: Path) -> None:
    url, rush = f"sqlite:///{tmp_path / 'x.db'}", Rush(2, 2, RUSHES["pool"].budget)
    prepare(url, rush)
    twice = [Got(visitor, "CODE-00000", None, rush.claim(visitor).cost, True) for visitor in range(2)]
    with pytest.raises(AssertionError, match="no code is given twice"):
        check(url, rush, twice)

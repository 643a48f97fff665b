"""The short form of the proof: embedded, in one process."""

from tests.proofs.privacy import forget


def test_who_is_erased_is_found_in_no_byte_of_anything_kept() -> None:
    """Files, databases' free pages, write-ahead logs, models and memory are searched, before and after."""
    assert forget(seed=1).startswith("erased from ")

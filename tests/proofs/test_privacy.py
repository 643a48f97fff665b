"""The short form of the proof: in one process, with models and a copy of the log in a store."""

from pathlib import Path

from tests.proofs.privacy import forget


def test_who_is_erased_is_found_in_no_byte_of_anything_kept(tmp_path: Path) -> None:
    """Files, the store, databases' free pages, write-ahead logs, models and memory are searched, before and after."""
    assert forget(seed=1, store=f"file://{tmp_path}/store").startswith("erased from ")

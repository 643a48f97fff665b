import pytest

from recommender.models.blocks import BLOCKS, USUAL_GB, Blocks


@pytest.mark.parametrize("part", [0.25, 0.5, 2.0])
def test_blocks_follow_the_memory(part: float) -> None:
    found = Blocks.within(part * USUAL_GB)

    assert found == Blocks(int(part * BLOCKS.pairs), int(part * BLOCKS.products))


def test_the_usual_memory_gives_the_usual_blocks() -> None:
    assert Blocks.within(USUAL_GB) == BLOCKS


def test_no_block_is_empty() -> None:
    assert min(Blocks.within(1e-9)) == 1

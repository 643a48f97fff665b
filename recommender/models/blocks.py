"""How much is held at once: work on many items is done block by block, and memory bounds the blocks."""

from typing import Final, NamedTuple, Self

USUAL_GB: Final = 12.0
"""Memory for which the blocks below are made."""


class Blocks(NamedTuple):
    """Sizes of the blocks in which work is done; they change how much memory it takes, and no result."""

    pairs: int = 4_000_000
    """Pairs of items counted at once; some 60 bytes each."""
    products: int = 32_000_000
    """Products of vectors held at once; some 20 bytes each."""

    @classmethod
    def within(cls, memory_gb: float) -> Self:
        """Blocks for so much memory in all: half of it, half as large blocks."""
        usual = cls()
        return cls(*(max(1, int(size * memory_gb / USUAL_GB)) for size in usual))


BLOCKS: Final = Blocks()

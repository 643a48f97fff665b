"""How much is held at once: work on many items is done block by block, and memory bounds the blocks."""

from typing import Final

BLOCK_CELLS: Final = 4_000_000
"""Pairs of items that are counted at once."""
PRODUCT_CELLS: Final = 32_000_000
"""Products of vectors that are held at once."""

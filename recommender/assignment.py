"""Who belongs to a random group: a salted hash of the visitor, so that nobody has to remember it."""

from hashlib import sha256

BUCKETS = 2**53
"""As many as a float tells apart exactly."""


def draw(shop: str, visitor_id: str, layer: str) -> float:
    """A number in [0, 1) that is always the same for one visitor in one layer, and unrelated between layers."""
    digest = sha256(f"{shop}\n{layer}\n{visitor_id}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / BUCKETS


def held_out(shop: str, visitor_id: str, layer: str, share: float) -> bool:
    """Whether the visitor is in the layer's holdout; raising `share` only ever adds visitors."""
    return draw(shop, visitor_id, layer) < share

"""How deep lists and objects may lie within one another: whoever walks over a document calls itself once a level."""

from collections.abc import Mapping
from typing import Any, Final

MOST_LEVELS: Final = 32
"""More than anything that Vitrine reads has; far fewer than any reader or writer of JSON stands."""


def too_deep(document: Any, most: int = MOST_LEVELS) -> bool:
    """Whether a document of JSON values has more levels than `most`; the lists and objects of one lie side by side."""
    level = [document]
    for _ in range(most):
        level = [inner for outer in level if isinstance(outer, list | Mapping) for inner in _within(outer)]
        if not level:
            return False
    return any(isinstance(one, list | Mapping) for one in level)


def has_room(text: bytes) -> bool:
    """Whether a text of JSON may be too deep at all: most hold so few brackets that nothing in them is."""
    return text.count(b"[") + text.count(b"{") > MOST_LEVELS


def _within(outer: Any) -> Any:
    return outer.values() if isinstance(outer, Mapping) else outer

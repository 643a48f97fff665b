"""Values that an object of one request works out at the first look: most of such looks are the only ones."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from functools import cached_property
else:

    class cached_property:  # noqa: N801 - stands for the one of functools
        """That of `functools` as it is from Python 3.12 on; before, it takes a lock, which costs more than most values.

        For objects that no two threads share: both might work the value out.
        """

        def __init__(self, work: Any) -> None:
            self._work, self._name, self.__doc__ = work, work.__name__, work.__doc__

        def __get__(self, owner: Any, kind: type | None = None) -> Any:
            if owner is None:
                return self
            found = owner.__dict__[self._name] = self._work(owner)
            return found


__all__ = ["cached_property"]

"""Circuit breakers: a part that fails is left alone for a moment, so that not every call waits for it.

After some failures in a row the circuit is open: calls are refused at once. When the pause is over one call at a time
is let through; if it ends well the circuit is closed again, without anybody restarting anything.
"""

from collections.abc import Callable
from threading import Lock


class Breaker:
    """Of one part; usable from several threads.

    Args:
        part: its name.
        clock: a clock that never goes back, in seconds.
        failures: how many in a row open the circuit.
        pause: seconds for which it is left alone.
        told: called with what happened: `failed`, `skipped`, `opened`, `closed`.
    """

    def __init__(
        self,
        part: str,
        clock: Callable[[], float],
        *,
        failures: int = 1,
        pause: float = 0.5,
        told: Callable[[str, str], None] = lambda part, what: None,  # noqa: ARG005 - nobody listens
    ) -> None:
        self.part = part
        self.open = False
        """Whether calls are refused, but for the one that finds out."""
        self._clock = clock
        self._most = failures
        self._pause = pause
        self._told = told
        self._failures = 0
        self._until = 0.0
        self._lock = Lock()

    def allows(self) -> bool:
        """Whether to call now; whoever does says afterwards how it went."""
        if not self.open:
            return True
        with self._lock:
            allowed = self._clock() >= self._until
            if allowed:  # others wait for this one as long as for a failure
                self._until = self._clock() + self._pause
        if not allowed:
            self._told(self.part, "skipped")
        return allowed

    def succeeded(self) -> None:
        """The part answered."""
        if self._failures:
            with self._lock:
                was, self.open, self._failures = self.open, False, 0
            if was:
                self._told(self.part, "closed")

    def failed(self) -> None:
        """It did not, or too late."""
        with self._lock:
            self._failures += 1
            opened = self._failures >= self._most and not self.open
            self.open = self.open or opened
            self._until = self._clock() + self._pause
        self._told(self.part, "failed")
        if opened:
            self._told(self.part, "opened")

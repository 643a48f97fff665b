"""Whole answers of `/v1/similar`, kept until model, configuration or catalogue change."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from api.state.people import Reading
from api.state.store import StateStore

KEPT_SECONDS = 3600
OVERHEAD = 200
"""Bytes that an entry costs beyond key and answer."""

Later = Callable[[Callable[[], Awaitable[None]]], None]
"""Runs work that no answer waits for."""


class AnswerCache:
    """Answers of this process, the least recently used go first; behind them, where asked for, those of all workers.

    An answer is kept as it was first sent; compressed, once somebody takes it so.

    A key names everything that an answer depends on. Between a miss and :meth:`put` nothing else runs in the process,
    and what another request kept meanwhile is found first: of equal misses only one is worked out.

    Args:
        most_bytes: size of everything kept here; 0 keeps nothing.
        shared: the state store that keeps answers for all workers, if any.
        later: runs what keeps an answer there.
    """

    def __init__(self, most_bytes: int, later: Later, shared: StateStore | None = None) -> None:
        self._answers: OrderedDict[str, bytes] = OrderedDict()
        self._most = most_bytes
        self._bytes = 0
        self._later = later
        self._shared = shared

    def asked(self, key: str) -> str | None:
        """The key, where the answer should come together with the state, in one round trip."""
        return None if self._shared is None or key in self._answers else key

    def get(self, key: str, reading: Reading, asked: str | None) -> bytes | None:
        """The answer under `key`, from here or as it came with the state, which was asked for the one of `asked`."""
        answer = self._answers.get(key)
        if answer is not None:
            self._answers.move_to_end(key)
        elif asked == key and reading.answer is not None:
            answer = reading.answer
            self._keep(key, answer)
        return answer

    def put(self, key: str, answer: bytes) -> None:
        """Keep an answer: here as long as there is room, for all workers for an hour."""
        self._keep(key, answer)
        if (shared := self._shared) is not None:
            self._later(lambda: shared.keep_answer(key, answer, KEPT_SECONDS))

    def _keep(self, key: str, answer: bytes) -> None:
        if (before := self._answers.pop(key, None)) is not None:
            self._bytes -= _size(key, before)
        self._answers[key] = answer
        self._bytes += _size(key, answer)
        while self._bytes > self._most:
            self._bytes -= _size(*self._answers.popitem(last=False))


def _size(key: str, answer: bytes) -> int:
    return len(key) + len(answer) + OVERHEAD

"""Whole answers of `/v1/similar`, kept until model, configuration or catalogue change."""

from collections import OrderedDict
from typing import Protocol

from api.state.people import Reading
from api.state.store import StateStore

KEPT_SECONDS = 3600
OVERHEAD = 200
"""Bytes that an entry costs beyond key and answer."""


class AnswerCache(Protocol):
    """Where whole answers are kept; a key names everything that an answer depends on."""

    shared: bool
    """Whether the answer is asked for together with the state, in one round trip."""

    def get(self, key: str, reading: Reading) -> bytes | None:
        """The answer under `key`, from here or as it came with the state."""
        ...

    async def put(self, key: str, answer: bytes, state: StateStore) -> None:
        """Keep an answer."""
        ...


class NoAnswers:
    """Keeps nothing."""

    shared = False

    def get(self, key: str, reading: Reading) -> bytes | None:  # noqa: ARG002 - the protocol's
        """Nothing."""
        return None

    async def put(self, key: str, answer: bytes, state: StateStore) -> None:
        """Nothing."""


class SharedAnswers:
    """Keeps answers beside the shared state, for all workers."""

    shared = True

    def get(self, key: str, reading: Reading) -> bytes | None:  # noqa: ARG002 - the protocol's
        """The answer as it came with the state."""
        return reading.answer

    async def put(self, key: str, answer: bytes, state: StateStore) -> None:
        """Keep an answer for an hour."""
        await state.keep_answer(key, answer, KEPT_SECONDS)


class MemoryAnswers:
    """Keeps answers in the process; the least recently used go first.

    Args:
        most_bytes: size of everything kept.
    """

    shared = False

    def __init__(self, most_bytes: int) -> None:
        self._answers: OrderedDict[str, bytes] = OrderedDict()
        self._most = most_bytes
        self._bytes = 0

    def get(self, key: str, reading: Reading) -> bytes | None:  # noqa: ARG002 - the protocol's
        """The answer under `key`."""
        answer = self._answers.get(key)
        if answer is not None:
            self._answers.move_to_end(key)
        return answer

    async def put(self, key: str, answer: bytes, state: StateStore) -> None:  # noqa: ARG002 - the protocol's
        """Keep an answer as long as there is room."""
        if key in self._answers:
            return
        self._answers[key] = answer
        self._bytes += _size(key, answer)
        while self._bytes > self._most:
            self._bytes -= _size(*self._answers.popitem(last=False))


def _size(key: str, answer: bytes) -> int:
    return len(key) + len(answer) + OVERHEAD

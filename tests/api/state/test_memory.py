"""State in the process."""

import pytest

from api.state.memory import MemoryState
from api.state.people import KEPT_SECONDS, Person
from api.state.store import StateStore
from tests.api.state.contract import VISITOR, StateContract, row

pytestmark = pytest.mark.anyio


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now


class TestMemoryState(StateContract):
    @pytest.fixture
    def store(self) -> StateStore:
        return MemoryState(10_000, Clock())


async def test_whoever_was_unseen_for_longest_goes_first() -> None:
    store = MemoryState(3, Clock())
    people = [Person.visitor(id_) for id_ in "abc"]
    for person in people:
        await store.append("shop", {person: [row(1)]})
    await store.append("shop", {people[0]: [row(2)]})
    kept = await store.read("shop", people)
    assert [person.id for person in people if kept.rows.get(person)] == ["a", "c"]


async def test_a_person_is_forgotten_after_thirty_days() -> None:
    clock = Clock()
    store = MemoryState(10, clock)
    await store.append("shop", {VISITOR: [row(1)]})
    clock.now += KEPT_SECONDS + 1
    assert not (await store.read("shop", [VISITOR])).rows.get(VISITOR)
    await store.append("shop", {VISITOR: [row(2)]})
    assert list((await store.read("shop", [VISITOR])).rows[VISITOR]) == [row(2)]

"""A part that fails is left alone, and taken back without anybody's help."""

from recommender.breaker import Breaker


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def made() -> tuple[Breaker, Clock, list[str]]:
    clock, told = Clock(), list[str]()
    return Breaker("x", clock, failures=2, pause=1.0, told=lambda _, what: told.append(what)), clock, told


def test_it_opens_after_some_failures_in_a_row() -> None:
    """One that goes well in between begins the count again."""
    breaker, _, _ = made()
    for went in (breaker.failed, breaker.succeeded, breaker.failed):
        went()
    assert breaker.allows()
    breaker.failed()
    assert not breaker.allows()
    assert breaker.open


def test_one_call_at_a_time_finds_out() -> None:
    """The others are refused until it is known, or until that takes too long."""
    breaker, clock, _ = made()
    breaker.failed()
    breaker.failed()
    clock.now = 1.0
    assert [breaker.allows() for _ in range(3)] == [True, False, False]
    clock.now = 2.0
    assert breaker.allows()


def test_it_closes_when_a_call_goes_well() -> None:
    """And tells each step once."""
    breaker, clock, told = made()
    breaker.failed()
    breaker.failed()
    breaker.allows()
    clock.now = 1.0
    assert breaker.allows()
    breaker.succeeded()
    assert [breaker.allows() for _ in range(2)] == [True, True]
    assert told == ["failed", "failed", "opened", "skipped", "closed"]


def test_a_probe_that_fails_opens_it_for_another_pause() -> None:
    """From then on."""
    breaker, clock, _ = made()
    breaker.failed()
    breaker.failed()
    clock.now = 1.5
    assert breaker.allows()
    breaker.failed()
    clock.now = 2.0
    assert not breaker.allows()
    clock.now = 2.5
    assert breaker.allows()

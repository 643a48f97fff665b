from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from recommender.records import Records
from tests.conftest import NOW

LATER = NOW + timedelta(seconds=60)


def test_a_lease_has_one_holder(records: Records) -> None:
    assert records.leases.acquire("compact", "a", 60, NOW)
    assert not records.leases.acquire("compact", "b", 60, NOW)


def test_a_holder_renews_its_lease(records: Records) -> None:
    records.leases.acquire("compact", "a", 60, NOW)

    assert records.leases.acquire("compact", "a", 60, LATER)
    assert not records.leases.acquire("compact", "b", 60, LATER)


def test_a_lease_that_is_over_can_be_taken(records: Records) -> None:
    records.leases.acquire("compact", "a", 60, NOW)

    assert records.leases.acquire("compact", "b", 60, LATER)


def test_a_lease_given_back_can_be_taken_at_once(records: Records) -> None:
    records.leases.acquire("compact", "a", 60, NOW)

    records.leases.release("compact", "a")

    assert records.leases.acquire("compact", "b", 60, NOW)


def test_nobody_gives_back_the_lease_of_another(records: Records) -> None:
    records.leases.acquire("compact", "a", 60, NOW)

    records.leases.release("compact", "b")

    assert not records.leases.acquire("compact", "b", 60, NOW)


def test_leases_of_different_names_do_not_meet(records: Records) -> None:
    assert records.leases.acquire("compact:gifts", "a", 60, NOW)
    assert records.leases.acquire("compact:toys", "b", 60, NOW)


def test_of_many_that_ask_at_once_one_gets_it(records: Records) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = threads.map(lambda holder: records.leases.acquire("compact", holder, 60, NOW), "abcdefgh")

        assert sum(answers) == 1

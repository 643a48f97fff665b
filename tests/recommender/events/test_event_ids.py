import dataclasses
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from recommender.events.event_ids import Claim, EventIds
from recommender.events.log import EventLog
from recommender.workspace import ShopFolder
from tests.conftest import NOW
from tests.recommender.events.samples import event, rows


def claim(event_id: str, sequence: int, received_at: datetime = NOW) -> Claim:
    return Claim(event_id, "w", sequence, received_at)


@pytest.fixture
def ids(tmp_path: Path) -> EventIds:
    return EventIds(tmp_path / "event_ids.db")


def test_the_first_event_of_an_id_has_it(ids: EventIds) -> None:
    assert ids.claim([claim("a", 1), claim("b", 2), claim("a", 3)]) == [True, True, False]
    assert ids.claim([claim("a", 4)]) == [False]
    ids.close()


def test_asking_again_gives_the_same_answer(ids: EventIds) -> None:
    asking = [claim("a", 1), claim("a", 2)]

    assert ids.claim(asking) == ids.claim(asking) == [True, False]
    ids.close()


def test_an_id_is_free_again_after_30_days(ids: EventIds) -> None:
    ids.claim([claim("a", 1)])

    assert ids.claim([claim("a", 2, NOW + timedelta(days=30))]) == [False]
    assert ids.claim([claim("a", 3, NOW + timedelta(days=30, microseconds=1))]) == [True]
    ids.close()


def test_asking_without_claiming_remembers_nothing(ids: EventIds) -> None:
    assert ids.taken([claim("a", 1)]) == [False]
    ids.claim([claim("a", 1)])

    assert ids.taken([claim("a", 1), claim("a", 2), claim("a", 2, NOW + timedelta(days=31))]) == [False, True, False]
    ids.close()


def test_old_ids_are_forgotten(ids: EventIds) -> None:
    ids.claim([claim("a", 1, NOW - timedelta(days=31)), claim("b", 2)])

    ids.forget(NOW)

    assert ids.taken([claim("a", 9, NOW - timedelta(days=31)), claim("b", 9)]) == [False, True]
    ids.close()


def test_a_lost_index_is_filled_from_the_log(shop: ShopFolder) -> None:
    EventLog(shop).append(rows(event("a"), event("b")), "x")

    ids = EventIds.of_log(shop.event_ids, shop.log, NOW)

    assert ids.taken([claim("a", 1), claim("b", 1), claim("c", 1)]) == [True, True, False]
    ids.close()


def test_a_deleted_log_takes_its_ids_along(shop: ShopFolder) -> None:
    index = EventIds.of_log(shop.event_ids, shop.log, NOW)
    index.claim([claim("a", 1)])
    index.close()

    again = EventIds.of_log(shop.event_ids, shop.log, NOW)

    assert again.taken([claim("a", 2)]) == [False]
    again.close()


def test_the_ids_of_a_table_are_remembered_and_known_again(ids: EventIds) -> None:
    later = (NOW + timedelta(days=31)).isoformat()
    ids.remember(rows(event("a"), event("b")))

    assert ids.known(rows(event("a"), event("c"))).to_pylist() == ["a"]
    assert ids.known(rows(dataclasses.replace(event("a"), timestamp=datetime.fromisoformat(later)))).to_pylist() == []
    assert ids.claim([claim("a", 9)]) == [False]
    ids.close()


def test_more_ids_than_one_question_holds_are_known(ids: EventIds) -> None:
    table = rows(*(event(str(number)) for number in range(1001)))
    ids.remember(table)

    assert len(ids.known(table)) == 1001
    ids.close()

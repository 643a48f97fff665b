from pathlib import Path
from threading import Thread

import pytest

from recommender.errors import ConflictError
from recommender.events.spool import Spool, remove_if_dead, spools


def test_events_come_back_in_their_order_with_rising_numbers(tmp_path: Path) -> None:
    spool = Spool.create(tmp_path)

    assert spool.append([b"a", b"b"]) == range(1, 3)
    assert spool.append([b"c"]) == range(3, 4)

    assert list(spool.pending()) == [(1, b"a"), (2, b"b"), (3, b"c")]
    assert spool.position() == (3, 3)
    spool.close()


def test_nothing_can_be_appended(tmp_path: Path) -> None:
    spool = Spool.create(tmp_path)

    assert not spool.append([])
    assert list(spool.pending()) == []
    spool.close()


def test_appended_events_are_there_for_another_process_at_once(tmp_path: Path) -> None:
    spool = Spool.create(tmp_path)
    spool.append([b"a"])

    other = Spool.inspect(spool.path)

    assert list(other.pending()) == [(1, b"a")]
    other.close()
    spool.close()


def test_a_spool_opened_again_goes_on_numbering(tmp_path: Path) -> None:
    path = tmp_path / "w.spool"
    first = Spool.open(path)
    first.append([b"a"])
    first.end_batch(1)
    first.close()

    second = Spool.open(path)

    assert second.append([b"b"]) == range(2, 3)
    assert second.writer == "w"
    second.close()


def test_a_spool_has_one_owner(tmp_path: Path) -> None:
    spool = Spool.create(tmp_path)

    with pytest.raises(ConflictError, match="belongs to another process"):
        Spool.open(spool.path)

    spool.close()
    Spool.open(spool.path).close()


def test_a_batch_keeps_its_end_until_it_is_done(tmp_path: Path) -> None:
    spool = Spool.create(tmp_path)
    spool.append([b"a", b"b", b"c"])

    assert spool.begin_batch(2) == 2
    spool.append([b"d"])
    assert spool.begin_batch(100) == 2

    spool.end_batch(2)
    assert list(spool.pending()) == [(3, b"c"), (4, b"d")]
    assert spool.begin_batch(100) == 4
    spool.end_batch(4)
    assert spool.begin_batch(100) is None
    spool.close()


def test_a_spool_whose_process_lives_stays(tmp_path: Path) -> None:
    spool = Spool.create(tmp_path)

    assert not remove_if_dead(spool.path)
    assert spools(tmp_path) == [spool.path]
    spool.close()


def test_a_dead_spool_stays_while_it_holds_events(tmp_path: Path) -> None:
    spool = Spool.create(tmp_path)
    spool.append([b"a"])
    spool.close()

    assert not remove_if_dead(spool.path)
    assert spools(tmp_path) == [spool.path]


def test_a_dead_empty_spool_leaves_no_file(tmp_path: Path) -> None:
    spool = Spool.create(tmp_path)
    spool.close()

    assert remove_if_dead(spool.path)
    assert list(tmp_path.iterdir()) == []


def test_threads_take_turns(tmp_path: Path) -> None:
    spool = Spool.create(tmp_path)
    threads = [Thread(target=lambda: [spool.append([b"x", b"y"]) for _ in range(10)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [sequence for sequence, _ in spool.pending()] == list(range(1, 81))
    spool.close()


def test_erased_events_leave_no_byte_behind(tmp_path: Path) -> None:
    spool = Spool.create(tmp_path)
    spool.append([b"keep", b"forget-me-forever"])

    spool.erase([2])

    assert list(spool.pending()) == [(1, b"keep")]
    spool.close()
    assert not any(b"forget-me" in path.read_bytes() for path in tmp_path.iterdir())

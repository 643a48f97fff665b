from tests.training.logs import event, scan
from training.latest import latest_days

LOG = scan(*(event("view_item", "a", ago=days) for days in (3, 2, 2, 1, 0, 0, 0)))


def left(most: int) -> tuple[int, int]:
    rows, earlier = latest_days(LOG, most)
    return rows.collect().height, earlier


def test_a_log_that_fits_stays_whole() -> None:
    assert left(7) == (7, 0)


def test_only_whole_days_are_kept() -> None:
    assert left(6) == (6, 1)
    assert left(5) == (4, 3)


def test_the_last_day_stays_however_long_it_is() -> None:
    assert left(1) == (3, 4)


def test_an_empty_log_stays_empty() -> None:
    rows, earlier = latest_days(scan(), 5)

    assert (rows.collect().height, earlier) == (0, 0)

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import update

from recommender.errors import ConfigurationError
from recommender.records import Records
from recommender.records.popups import Claim
from recommender.records.tables import (
    BUDGETS,
    CASHBACK,
    COUPON_CALLS,
    COUPON_POOL,
    COUPONS,
    KEY_ENDS,
    METADATA,
    POPUPS,
    VERSION,
    WEIGHTS,
)
from tests.conftest import NOW


def test_open_records_answer_a_ping(records: Records) -> None:
    records.ping()


def test_records_are_still_there_when_opened_again(url: str) -> None:
    first = Records.open(url)
    first.shops.create("gifts", [], NOW)
    first.close()

    second = Records.open(url)
    names = second.shops.list()
    second.close()

    assert names == ["gifts"]


def test_workers_that_start_together_make_the_tables_once(url: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        opened = list(threads.map(Records.open, [url] * 4))

    for records in opened:
        records.ping()
        records.close()


def test_tables_of_a_newer_vitrine_are_refused(records: Records, url: str) -> None:
    with records.database.write() as connection:
        connection.execute(update(VERSION).values(version=99))

    with pytest.raises(ConfigurationError, match="schema version 99"):
        Records.open(url)


def test_tables_of_version_1_become_those_of_this_one(records: Records, url: str) -> None:
    with records.database.write() as connection:
        newer = [KEY_ENDS, POPUPS, COUPONS, COUPON_POOL, COUPON_CALLS, BUDGETS, CASHBACK, WEIGHTS]
        METADATA.drop_all(connection, newer)
        connection.execute(update(VERSION).values(version=1))

    again = Records.open(url)
    again.shops.create("gifts", [], NOW)
    assert again.popups.decide("gifts", Claim("a", "flash", "v"), NOW).shown
    again.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/db", "oracle://u:secret@host/x"])
def test_a_url_that_is_neither_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="use sqlite:///path or postgresql://") as caught:
        Records.open(url)
    assert "secret" not in str(caught.value)


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(ConfigurationError, match=r"vitrine:\*\*\*@127.0.0.1:1/x cannot be used") as caught:
        Records.open("postgresql://vitrine:hush@127.0.0.1:1/x")
    assert "hush" not in str(caught.value)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database at all, only some text" * 40)

    with pytest.raises(ConfigurationError, match=r"x\.db cannot be used: file is not a database"):
        Records.open(f"sqlite:///{tmp_path / 'x.db'}")

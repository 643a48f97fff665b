"""Records of every earlier version are brought forward by opening them, and lose nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect, select

from recommender.records import Records
from recommender.records.popups import Claim
from recommender.records.tables import METADATA, SCHEMA_VERSION, VERSION
from tests.conftest import NOW

FIXTURES = {int(path.stem.split("_")[1]): path for path in Path(__file__).parent.glob("version_*.sql")}


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as opened:
        tables = [name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: sorted(opened.execute(f"SELECT * FROM {table}")) for table in tables if table != VERSION.name}


def test_every_earlier_version_has_its_fixture() -> None:
    """Whoever raises the version keeps what the one before looked like."""
    assert set(range(1, SCHEMA_VERSION)) <= set(FIXTURES)


@pytest.mark.parametrize("version", sorted(FIXTURES))
def test_it_is_brought_forward_row_by_row(tmp_path: Path, version: int) -> None:
    """New tables are there, old rows are as they were, and both are used."""
    old = tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as opened:
        opened.executescript(FIXTURES[version].read_text(encoding="utf-8"))
    before = rows(old)
    records = Records.open(f"sqlite:///{old}")
    with records.database.read() as connection:
        assert connection.scalar(select(VERSION.c.version)) == SCHEMA_VERSION
        for table in METADATA.sorted_tables:
            connection.execute(select(table)).all()
    after = rows(old)
    assert {table: after[table] for table in before} == before
    assert records.catalog.get("gifts", "lantern").title == "White Metal Lantern"
    assert records.configurations.get("gifts") == (1, {"placements": []})
    assert records.popups.decide("gifts", Claim("new", "flash", "somebody"), NOW).shown
    made = inspect(records.database._engine)
    for table in METADATA.sorted_tables:
        assert {one["name"] for one in made.get_indexes(table.name)} >= {one.name for one in table.indexes}
    records.close()

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from recommender.records import Records
from recommender.workspace import Workspace


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, workspace: Workspace) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return workspace.records_url
    server: str = request.getfixturevalue("postgres_url")
    return _empty_database(server, f"test_{abs(hash(request.node.nodeid))}")


@pytest.fixture
def records(url: str) -> Iterator[Records]:
    opened = Records.open(url)
    yield opened
    opened.close()


def _empty_database(server: str, name: str) -> str:
    engine = create_engine(server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.replace("/postgres", f"/{name}")

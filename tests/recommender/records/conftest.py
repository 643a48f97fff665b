from collections.abc import Iterator

import pytest

from recommender.records import Records
from recommender.workspace import Workspace
from tests import services


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, workspace: Workspace) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return workspace.records_url
    server: str = request.getfixturevalue("postgres_url")
    return services.new_database(server, f"test_{abs(hash(request.node.nodeid))}")


@pytest.fixture
def records(url: str) -> Iterator[Records]:
    opened = Records.open(url)
    yield opened
    opened.close()

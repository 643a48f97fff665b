"""A home with one shop, as commands find it."""

import pytest

from recommender.records import Records
from recommender.workspace import Workspace
from tests.conftest import NOW
from tests.training.commands.invoking import SHOP
from tests.training.logs import shop_events, write


@pytest.fixture
def empty_home(workspace: Workspace, records: Records, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The shop has neither log nor catalogue."""
    monkeypatch.setenv("VITRINE_HOME", str(workspace.home))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("VITRINE_DATABASE_URL", raising=False)
    records.shops.create(SHOP, [], NOW)
    return workspace


@pytest.fixture
def home_with_views(empty_home: Workspace) -> Workspace:
    """Forty people have viewed what is to the taste of each."""
    write(empty_home.shop(SHOP), *shop_events("view_item", people=40))
    return empty_home

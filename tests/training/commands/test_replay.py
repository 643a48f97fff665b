"""`vitrine replay` on the home of a service."""

from pathlib import Path

import orjson
import pytest

from api.bootstrap import utc_now
from recommender.errors import ArtifactError, ConfigurationError, InputError
from tests.api.test_experiments import HELLO, PAGE
from tests.api.test_popups import configure
from tests.training.commands.invoking import answer, run
from tests.training.replaying.test_replay import shop, written

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def _served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three pages of a shop, all logged whole."""
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "160")
    async with shop(tmp_path, now=utc_now) as api:
        await configure(api, HELLO, placements=[PAGE])
        for visitor in "abc":
            await api.page("home", visitor_id=visitor)
        await written(api)


@pytest.mark.usefixtures("_served")
async def test_it_says_that_all_is_as_it_was_and_what_a_candidate_would_change(tmp_path: Path) -> None:
    """On a terminal, and for machines."""
    shown = run("replay", shop="shop")
    assert "3 pages were logged whole, 3 are looked at. 3 were answered again: 3 byte by byte as they were" in shown
    assert answer("replay", shop="shop")["same"] == {"bytes": 3, "lists": 0, "other": 0}
    file = tmp_path / "candidate.json"
    file.write_bytes(orjson.dumps({"placements": [{**PAGE, "limit": 2}], "campaigns": []}))
    shown = " ".join(run("replay", "--config", str(file), shop="shop").split())
    for words in (
        "100.0% of pages differ",
        "hello",
        "unknown_campaign 3",
        "Nothing can be said of each page",
        "3 pages of 3 visitors",
    ):
        assert words in shown
    assert answer("replay", "--config", str(file), "--limit", "2", shop="shop")["candidate"]["pages"] == 2


@pytest.mark.usefixtures("_served")
async def test_what_cannot_be_a_candidate_is_named(tmp_path: Path) -> None:
    """Before anything is answered."""
    file = tmp_path / "candidate.json"
    with pytest.raises(InputError, match="name a file with JSON"):
        run("replay", "--config", str(file), shop="shop")
    file.write_text('{"placements": [{"id": "slot", "page_types": ["home"], "strategy": "magic"}]}')
    with pytest.raises(ConfigurationError, match="strategy"):
        run("replay", "--config", str(file), shop="shop")
    with pytest.raises(ArtifactError, match="there is no model '7'"):
        run("replay", "--artifact", "7", shop="shop")


@pytest.mark.usefixtures("empty_home")
def test_without_logged_pages_it_says_which_setting_logs_them() -> None:
    """An empty log is no error."""
    assert "VITRINE_REPLAY_SHARE" in run("replay")

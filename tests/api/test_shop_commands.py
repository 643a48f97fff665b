"""`vitrine shops` prints keys, and a secret one only once."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.commands.shops import app
from recommender.records import KeyOwner, Records
from recommender.workspace import Workspace

Shops = Callable[..., dict[str, Any]]


@pytest.fixture
def shops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shops:
    """Runs a command; its answer for machines."""
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))

    def run(*arguments: str) -> dict[str, Any]:
        ran = CliRunner().invoke(app, [*arguments, "--json"])
        assert ran.exit_code == 0, ran.output
        return dict(json.loads(ran.stdout))

    return run


def test_a_secret_key_is_shown_when_it_is_made_and_never_again(shops: Shops) -> None:
    created = shops("create", "gifts", "--origin", "https://gifts.example")
    shown = shops("keys", "gifts")
    assert shown == {
        "shop": "gifts",
        "public_key": created["public_key"],
        "secret_key": f"sk_…{created['secret_key'][-4:]}",
    }


def test_a_key_that_is_replaced_with_an_overlap_is_told_with_its_end(shops: Shops, tmp_path: Path) -> None:
    old = shops("create", "gifts", "--origin", "https://gifts.example")["secret_key"]
    new = shops("keys", "gifts", "--rotate", "secret", "--overlap", "24")["secret_key"]
    shown = shops("keys", "gifts")
    assert shown["secret_key"] == f"sk_…{new[-4:]}"
    assert shown["ending"][0].startswith(f"sk_…{old[-4:]} until ")
    records = Records.open(Workspace(tmp_path).records_url)
    assert [records.shops.owner(key) for key in (old, new)] == [KeyOwner("gifts", "secret")] * 2
    records.close()
    assert "ending" not in shops("keys", "gifts", "--rotate", "secret")

"""`vitrine coupons` as people run it."""

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.commands.coupons import app
from recommender.errors import ImportingError, NotFoundError
from recommender.records import Records
from recommender.records.popups import Claim
from recommender.retention.offers import Offer
from recommender.workspace import Workspace
from tests.conftest import NOW

POOL = Offer.model_validate({"percent": 10, "code": {"pool": True}})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shop with a campaign that gives uploaded codes away."""
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    records = Records.open(Workspace(tmp_path).records_url)
    records.shops.create("gifts", [], NOW)
    campaign = {"id": "flash", "offer": {"percent": 10, "code": {"pool": True}}}
    records.configurations.put("gifts", {"campaigns": [campaign]})
    records.close()
    return tmp_path


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, [*arguments, "--shop", "gifts"], catch_exceptions=False)


def upload(home: Path, text: str, *more: str) -> Any:
    file = home / "codes.csv"
    file.write_bytes(text.encode())
    return run("upload", str(file), "--campaign", "flash", *more)


def exported() -> list[dict[str, str]]:
    return [*csv.DictReader(StringIO(run("export").stdout))]


def test_uploaded_codes_are_counted(home: Path) -> None:
    assert upload(home, "code\nA1\nB2\n\nA1\n").stdout == "2 codes added, 1 were there already\n"
    again = upload(home, "\ufeffCode\r\nB2\r\nC3\r\n", "--json")
    assert json.loads(again.stdout) == {"campaign": "flash", "added": 1, "duplicates": 1}


def test_a_campaign_that_gives_none_away_is_told(home: Path) -> None:
    file = home / "codes.csv"
    file.write_text("code\nA1\n")
    assert "No campaign 'spring' gives them away yet" in run("upload", str(file), "--campaign", "spring").stderr
    assert upload(home, "code\nB2\n").stderr == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1: '' is not allowed; the one column is called code"),
        ("A1\nB2\n", "line 1: 'a1' is not allowed; the one column is called code"),
        ("code,campaign\nA1,x\n", "line 1: 'code,campaign' is not allowed"),
        ("code\nA1\nA2,x\n", "line 3: code: 'A2,x' is not allowed; put one code on each line"),
        ("code\nA1\n" + "x" * 65 + "\n", "line 3: code: "),
    ],
)
def test_a_file_with_a_mistake_adds_nothing(home: Path, text: str, told: str) -> None:
    with pytest.raises(ImportingError) as caught:
        upload(home, text)
    assert told in str(caught.value)
    assert exported() == []


def test_a_file_that_is_no_text_is_refused(home: Path) -> None:
    file = home / "codes.csv"
    file.write_bytes(b"code\n\xff\xfe\n")
    with pytest.raises(ImportingError, match="not UTF-8"):
        run("upload", str(file), "--campaign", "flash")


def test_an_unknown_shop_is_refused(home: Path) -> None:
    with pytest.raises(NotFoundError, match="no shop 'toys'"):
        CliRunner().invoke(app, ["list", "--shop", "toys"], catch_exceptions=False)


def test_every_code_is_exported_with_what_became_of_it(home: Path) -> None:
    upload(home, "code\nA1\nB2\n")
    records = Records.open(Workspace(home).records_url)
    records.popups.decide("gifts", Claim("a", "flash", "v", "c", offer=POOL), NOW)
    records.close()
    rows = exported()
    given = {"code": "A1", "campaign": "flash", "state": "given", "visitor": "v", "customer": "c"}
    assert rows[0] == {**given, "given": NOW.isoformat(), "expires": "", "order": "", "discount": "", "currency": ""}
    assert [(row["code"], row["state"]) for row in rows] == [("A1", "given"), ("B2", "free")]
    assert json.loads(run("export", "--json").stdout)["codes"][1]["code"] == "B2"
    assert [*csv.DictReader(StringIO(run("export", "--campaign", "other").stdout))] == []


def test_no_cell_is_a_formula_and_an_export_can_be_uploaded_again(home: Path) -> None:
    upload(home, "code\n=1+1\n-A\n@x\n+y\nPLAIN\n")
    cells = [row["code"] for row in exported()]
    assert sorted(cells) == sorted(["'=1+1", "'-A", "'@x", "'+y", "PLAIN"])
    again = upload(home, "code\n" + "\n".join(cells) + "\n", "--json")
    assert json.loads(again.stdout)["duplicates"] == 5


def test_counts_are_listed(home: Path) -> None:
    upload(home, "code\nA1\nB2\n")
    assert run("list").stdout == "flash  2 free  0 given  0 redeemed  0 lapsed\n"
    counts = {"campaign_id": "flash", "free": 2, "given": 0, "redeemed": 0, "lapsed": 0}
    assert json.loads(run("list", "--json").stdout) == {"campaigns": [counts]}


def test_a_campaign_that_gives_them_away_in_a_variant_only_is_one_that_does(home: Path) -> None:
    records = Records.open(Workspace(home).records_url)
    pool = {"offer": {"percent": 10, "code": {"pool": True}}}
    variants = [{"name": "plain"}, {"name": "offer", "changes": pool}]
    tried = [{"id": "e", "campaign": "flash", "variants": variants}]
    records.configurations.put("gifts", {"campaigns": [{"id": "flash"}], "experiments": tried})
    records.close()
    assert upload(home, "code\nA1\n").stderr == ""

"""`vitrine segments`: listed, previewed, exported and sent, from a shop's files."""

import csv
from pathlib import Path
from typing import Any

import pytest

from recommender.artifact import ArtifactStore
from recommender.errors import DeliveryError, InputError
from recommender.records import Records
from recommender.workspace import Workspace
from tests.conftest import NOW
from tests.recommender.retention.people import models, publish
from tests.training.audiences.receivers import receiving
from tests.training.commands.invoking import SHOP, answer, invoke, run
from training.audiences.webhook import secret, signature
from training.commands import segments

FANS = {"id": "fans", "when": "orders >= 3"}


@pytest.fixture(autouse=True)
def home(empty_home: Workspace, records: Records) -> Workspace:
    """A shop with people and a segment of its own."""
    publish(ArtifactStore(empty_home.shop(SHOP).artifacts), models())
    records.configurations.put(SHOP, {"segments": [FANS]})
    return empty_home


def fans() -> set[str]:
    customers = models().customers
    assert customers is not None
    return {f"c{row}" for row in range(30) if customers.columns["orders"][row] >= 3}


def test_every_segment_is_listed_with_its_size() -> None:
    found = {one["segment"]: one for one in answer("segments", "list")["segments"]}
    assert found["fans"]["when"] == "orders >= 3"
    assert found["fans"]["customers"]["meet"] == len(fans())
    assert found["buyer"]["visitors"] == {"known": 40, "meet": 20, "share": 0.5, "at_most": 20}
    shown = run("segments", "list")
    assert "fans" in shown
    assert "30 of 30 (100.0%)" in shown


def test_a_preview_counts_and_names_a_few() -> None:
    found = answer("segments", "preview", "--when", "fans and country == 'DE'", "--examples", "2")
    assert (found["customers"]["meet"], found["customers"]["at_most"]) == (0, len(fans()))
    shown = run("segments", "preview", "--when", "fans")
    assert f"customers: {len(fans())} of 30" in shown
    assert shown.count("customer:") + shown.count("visitor:") == 5
    assert "known only on a page: country" in run("segments", "preview", "--when", "country == 'DE'")


def test_a_mistake_is_told_in_one_line() -> None:
    with pytest.raises(InputError, match="--when: 'fans or' is not allowed; at character 8, the end: use new"):
        run("segments", "preview", "--when", "fans or")


def test_members_are_shown_up_to_a_limit() -> None:
    found = answer("segments", "members", "--segment", "fans", "--whose", "customers", "--limit", "4")
    assert (found["members_in_all"], len(found["members"])) == (len(fans()), 4)
    assert {one["customer_id"] for one in found["members"]} <= fans()
    assert f"4 of {len(fans())} members" in run(
        "segments", "members", "--segment", "fans", "--whose", "customers", "--limit", "4"
    )


def test_who_was_erased_is_no_member_while_the_model_still_holds_them(records: Records) -> None:
    gone = min(fans())
    records.erasures.add(SHOP, [f"customer:{gone}"], NOW)
    found = answer("segments", "members", "--segment", "fans", "--whose", "customers", "--limit", "100")
    assert {one["customer_id"] for one in found["members"]} == fans() - {gone}


def test_an_export_is_csv_whole_or_not_there(tmp_path: Path) -> None:
    file = tmp_path / "fans.csv"
    told = answer("segments", "export", "--segment", "fans", "--whose", "customers", "--to", str(file))
    rows = [*csv.DictReader(file.read_text("utf-8").splitlines())]
    assert {row["customer_id"] for row in rows} == fans()
    assert told["members"] == len(rows)
    printed = csv.DictReader(run("segments", "export", "--segment", "fans", "--whose", "customers").splitlines())
    assert [row["customer_id"] for row in printed] == [row["customer_id"] for row in rows]
    with pytest.raises(InputError, match="name a file that can be written"):
        run("segments", "export", "--segment", "fans", "--to", str(tmp_path / "no" / "where.csv"))
    assert [*tmp_path.glob(".*")] == []


def configure(records: Records, *webhooks: dict[str, Any]) -> None:
    records.configurations.put(SHOP, {"segments": [FANS], "webhooks": [*webhooks]})


def test_the_shops_webhooks_get_their_segments_signed(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_WEBHOOKS_INTERNAL", "true")
    with receiving() as crm, receiving() as mail:
        configure(
            records,
            {"id": "crm", "url": crm.url, "segments": ["fans", "vip"]},
            {"id": "mail", "url": mail.url, "segments": ["orders == 1"]},
        )
        sent = answer("segments", "push", "--whose", "customers")["sent"]
        assert [(one["webhook"], one["segment"]) for one in sent] == [
            ("crm", "fans"),
            ("crm", "vip"),
            ("mail", "orders == 1"),
        ]
        assert {one["customer_id"] for one in crm.bodies[0]["members"]} == fans()
        key = secret(records.shops.get(SHOP).signing_key)
        for _, headers, body in [*crm.got, *mail.got]:
            signed = signature(key, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
            assert headers["webhook-signature"] == signed
        assert f"fans to {mail.url}: {len(fans())} members in 1 batches" in run(
            "segments", "push", "--url", mail.url, "--segment", "fans", "--whose", "customers"
        )


def test_without_leave_nothing_goes_inside(records: Records) -> None:
    with receiving() as inbox:
        secure = inbox.url.replace("http://", "https://")
        configure(records, {"id": "crm", "url": secure, "segments": ["fans"]})
        with pytest.raises(DeliveryError, match="no address of the public internet"):
            run("segments", "push")
        with pytest.raises(DeliveryError, match="is not encrypted"):
            run("segments", "push", "--url", inbox.url, "--segment", "fans")
        assert inbox.got == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--webhook: None is not allowed; use one of those that there are: none: add webhooks"),
        (["--webhook", "crm"], "--webhook: 'crm' is not allowed"),
        (["--url", "https://a.example/"], "--url: .* give --segment beside it"),
        (["--url", "https://a.example/", "--segment", "fan"], "--segment: 'fan' is not allowed"),
    ],
)
def test_what_cannot_be_sent_is_told(options: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run("segments", "push", *options)


def test_the_secret_is_shown_as_libraries_take_it(records: Records) -> None:
    shown = run("segments", "secret").strip()
    assert shown == answer("segments", "secret")["secret"]
    assert shown.startswith("whsec_")
    assert records.shops.get(SHOP).signing_key not in shown


def test_an_unknown_shop_is_named() -> None:
    found = invoke("segments", "list", shop="nowhere")
    assert "nowhere" in str(found.exception)


def test_cells_are_short() -> None:
    assert [segments._cell(value) for value in (None, 3.0, 19.954, 1234.5, "x")] == [
        "", "3", "19.95", "1,234.50", "x",
    ]  # fmt: skip

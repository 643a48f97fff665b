"""Artifacts are written anew without who was erased, and nobody else loses anything."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from recommender.artifact import MANIFEST, ArtifactStore, verify
from recommender.artifact import artifacts as opened
from recommender.errors import ArtifactError, NewerFormatError
from recommender.forgetting import DUE, due, rewrite
from recommender.forgotten import Forgotten
from recommender.models.customers import CustomerModel
from recommender.models.histories import HistoryModel
from recommender.records import Records
from recommender.workspace import ShopFolder
from tests.api import artifacts
from tests.conftest import NOW

PEOPLE = ("customer:ann", "visitor:ann", "visitor:bob", "customer:çel")


@pytest.fixture
def store(shop: ShopFolder, records: Records) -> ArtifactStore:
    records.shops.create("shop", [], NOW)
    return opened(shop)


def bytes_of(*folders: Path) -> bytes:
    return b"".join(path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file())


def test_a_digest_needs_the_shops_secret() -> None:
    """The same id in two shops is two persons, and an id that was not meant is not found."""
    one, other = Forgotten.of("secret", ["visitor:v"]), Forgotten.of("another", ["visitor:v"])
    assert ("visitor:v" in one, "customer:v" in one, "visitor:v" in Forgotten("another", one.digests)) == (
        True, False, False,
    )  # fmt: skip
    assert one.digests.isdisjoint(other.digests)


def test_models_without_nobody_are_the_same_models() -> None:
    models = artifacts.people(*PEOPLE)
    stranger = Forgotten.of("s", ["visitor:ç"])
    assert models["histories"].without(stranger) is models["histories"]
    assert models["customers"].without(stranger) is models["customers"]


def test_others_keep_what_they_did_and_what_is_known_of_them() -> None:
    models, erased = artifacts.people(*PEOPLE), Forgotten.of("s", ["customer:ann"])
    histories, customers = models["histories"].without(erased), models["customers"].without(erased)

    assert histories.person(customer_id="ann") is None
    assert histories.people.row("customer:ann") is None
    columns = {name: getattr(histories, name) for name in HistoryModel.__dataclass_fields__ if name != "people"}
    assert {len(column) for name, column in columns.items() if not name.endswith("_ends")} == {3}
    for key in ("visitor:bob", "customer:çel"):
        assert len(histories.history(histories.people.row(key)).item_rows) == 1
    assert len(histories.history(0).item_rows) == len(histories.purchases(0).item_rows) == 0
    assert [*customers.people] == ["visitor:ann", "visitor:bob", "customer:çel"]
    assert customers.of(customer_id="ann") is None
    told = [customers.of(visitor_id="ann"), customers.of(visitor_id="bob"), customers.of(customer_id="çel")]
    assert [one.spend for one in told] == [11, 12, 13]


def test_a_browser_of_an_erased_customer_leads_nowhere() -> None:
    known = {"orders": np.array([1, 2])}
    model = CustomerModel.fit(["customer:a", "customer:b"], known, browsers={"visitor:x": 0, "visitor:y": 1})
    rest = model.without(Forgotten.of("s", ["customer:a"]))
    other = rest.of(visitor_id="y")
    assert (rest.of(visitor_id="x"), other and other.orders, len(rest.browsers)) == (None, 2, 1)
    blind = model.without(Forgotten.of("s", ["visitor:y"]))
    assert (blind.of(visitor_id="y"), len(blind)) == (None, 2)


@pytest.mark.parametrize("shared", [False, True], ids=["models at home", "models in a store"])
def test_every_artifact_is_written_anew_and_stays_what_it_was(
    tmp_path: Path, shop: ShopFolder, records: Records, shared: bool
) -> None:
    shop = replace(shop, store=f"file://{tmp_path}/store" if shared else None)
    records.shops.create("shop", [], NOW)
    store, kept = opened(shop), [shop.path, *([tmp_path / "store"] if shared else [])]
    old = artifacts.publish(store, "lamp", **artifacts.people(*PEOPLE))
    current = artifacts.publish(store, "lamp", "cup", **artifacts.people(*PEOPLE))
    bare = artifacts.add(store, "cup").version
    ages = [store.trained_at(one) for one in (old, current)]
    records.erasures.add("shop", ["customer:ann", "visitor:ann"], NOW)
    assert all(b"ann" in bytes_of(folder) for folder in kept)

    done = rewrite(shop, records, NOW)

    assert b"ann" not in bytes_of(*kept)
    assert (done.persons, {*done.models}) == (2, {old, current})
    fresh = [str(done.models[one]) for one in (old, current)]
    assert (store.history(), store.current()) == (fresh, fresh[1])
    assert sorted(store.versions()) == sorted([*fresh, bare])
    assert [store.trained_at(one) for one in fresh] == ages
    served = store.open(fresh[1])
    verify(served.path, served.manifest)
    assert served.models.histories is not None
    assert served.models.histories.person(visitor_id="bob") is not None
    assert (records.erasures.waiting("shop"), rewrite(shop, records, NOW).persons) == ({}, 0)


def test_an_artifact_that_cannot_be_read_goes_unless_it_is_published(
    store: ArtifactStore, shop: ShopFolder, records: Records
) -> None:
    damaged = artifacts.publish(store, "lamp", **artifacts.people(*PEOPLE))
    current = artifacts.publish(store, "cup", **artifacts.people("visitor:bob"))
    for version in (damaged, current):
        (store.path(version) / "histories" / "events.npy").write_bytes(b"")
    records.erasures.add("shop", ["customer:ann"], NOW)
    with pytest.raises(ArtifactError, match=r"events\.npy"):
        rewrite(shop, records, NOW)
    assert records.erasures.waiting("shop")

    store.publish(artifacts.add(store, "lamp", "sofa").version)

    assert rewrite(shop, records, NOW).models == {damaged: None, current: None}
    assert not (shop.artifacts / damaged / MANIFEST).exists()


@pytest.mark.parametrize("published", [True, False])
def test_an_artifact_of_a_newer_vitrine_is_left_to_that_one_and_erasures_wait_for_it(
    store: ArtifactStore, shop: ShopFolder, records: Records, published: bool
) -> None:
    ours = artifacts.publish(store, "lamp", **artifacts.people(*PEOPLE))
    newer = artifacts.publish_newer(store, "lamp", "cup")
    if not published:
        store.rollback()
    records.erasures.add("shop", ["customer:ann", "visitor:ann"], NOW)
    with pytest.raises(NewerFormatError, match="newer Vitrine"):
        rewrite(shop, records, NOW)
    assert newer in store.versions()
    assert ours not in store.versions()
    assert b"ann" not in bytes_of(shop.artifacts)
    assert records.erasures.waiting("shop")


def test_erasures_are_gathered_for_half_a_day(store: ArtifactStore, records: Records) -> None:
    assert not due(records, "shop", NOW)
    records.erasures.add("shop", ["visitor:a"], NOW)
    records.erasures.add("shop", ["visitor:b"], NOW + timedelta(hours=1))
    assert [due(records, "shop", NOW + DUE - timedelta(seconds=1)), due(records, "shop", NOW + DUE)] == [False, True]
    records.erasures.rewritten("shop", records.erasures.pending("shop"), NOW)
    assert [*records.erasures.waiting("shop").values()] == [NOW + timedelta(hours=1)]


def test_who_is_erased_again_waits_again(store: ArtifactStore, records: Records) -> None:
    for hours in (0, 5):
        erased = records.erasures.add("shop", ["visitor:a"], NOW + timedelta(hours=hours))
        assert records.erasures.pending("shop") == erased
        records.erasures.rewritten("shop", erased, NOW + timedelta(hours=hours))
        assert not records.erasures.pending("shop")
    assert records.erasures.since("shop", NOW + timedelta(hours=5)) == erased
    assert not records.erasures.since("shop", NOW + timedelta(hours=6))

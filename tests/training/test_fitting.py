from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from recommender.artifact import Artifact, ArtifactStore
from recommender.catalog.item import Item
from recommender.configuration import Configuration
from recommender.engine import groundwork, shelf
from recommender.errors import ConfigurationError, NotFoundError
from recommender.events.log import EventLog
from recommender.models.intent.model import IntentConfig
from recommender.records import Records
from recommender.retention.moves import ENTERED, LEFT, Moves
from recommender.strategy import State, Strategy
from recommender.training import EvaluationConfig, TrainingConfiguration
from recommender.workspace import ShopFolder, Workspace
from tests.conftest import NOW
from tests.training.logs import catalogue, event, shop_events, table, write
from tests.training.measuring import logs
from tests.training.test_gating import SALE
from tests.training.test_gating import shop as offers
from training.fitting import TrainingReport, train
from training.planning import Step
from training.steps import LocalSteps

READY, WARMING, INSUFFICIENT = State.READY, State.WARMING, State.INSUFFICIENT


@pytest.fixture(autouse=True)
def shop_record(records: Records) -> None:
    records.shops.create("shop", [], NOW)


class Viewed(NamedTuple):
    """A shop with views only, trained once; to be read only."""

    events: list[dict[str, Any]]
    report: TrainingReport
    progress: list[tuple[str, float]]


@pytest.fixture(scope="module")
def viewed(tmp_path_factory: pytest.TempPathFactory) -> Viewed:
    workspace = Workspace(tmp_path_factory.mktemp("viewed"))
    records = Records.open(workspace.records_url)
    records.shops.create("shop", [], NOW)
    shop, progress = workspace.shop("shop"), list[tuple[str, float]]()
    events = [{**found, "event_id": str(number)} for number, found in enumerate(shop_events("view_item"))]
    write(shop, *events)
    report = fitted(shop, records, progress=lambda step, done: progress.append((step, done)))
    records.close()
    return Viewed(events, report, progress)


def told(records: Records, **fields: Any) -> None:
    records.catalog.put("shop", [Item.parse(document) for document in catalogue(**fields)], NOW)


def fitted(shop: ShopFolder, records: Records, **options: Any) -> TrainingReport:
    return train(shop, records, now=NOW, **options)


def states(report: TrainingReport) -> dict[Strategy, State]:
    return {name: found.state for name, found in report.artifact.manifest.strategies.items()}


def neighbours(report: TrainingReport, model: Any, item: str) -> set[str]:
    items = report.artifact.models.items
    return {items[row] for row in model.neighbours(items.row(item)).rows}


def test_a_shop_with_everything_is_ready(shop: ShopFolder, records: Records) -> None:
    told(records, created_at="2025-06-01", sale_price="4.00")
    write(shop, *shop_events("view_item", "add_to_cart", "purchase"))

    report = fitted(shop, records)
    models = report.artifact.models

    assert report.published
    assert ArtifactStore(shop.artifacts).current() == report.artifact.version
    assert {name for name, state in states(report).items() if state is not READY} <= {Strategy.TRENDING}
    for model in (models.views, models.purchases, models.bought_together):
        assert model is not None
        assert {item[0] for item in neighbours(report, model, "a0")} == {"a"}
    assert models.factors is not None
    assert models.factor_index is not None
    assert models.content_index is not None
    for lists, found in ((models.near_factors, models.factors), (models.near_content, models.content)):
        assert lists is not None
        assert len(lists) == len(found) == len(models.items)
    assert report.artifact.manifest.recalls["near_content"] == 1


def test_a_shop_with_purchases_only_trains(shop: ShopFolder, records: Records) -> None:
    write(shop, *shop_events("purchase"))

    report = fitted(shop, records)

    assert report.artifact.models.views is None
    assert states(report)[Strategy.FOR_YOU] is READY
    assert states(report)[Strategy.BOUGHT_TOGETHER] is READY
    assert states(report)[Strategy.RECENTLY_VIEWED] is WARMING


def test_a_shop_with_views_only_trains(viewed: Viewed) -> None:
    report = viewed.report

    assert report.artifact.models.purchases is None
    assert report.artifact.models.popularity.best_sellers.sum() > 0
    assert states(report)[Strategy.SIMILAR] is READY
    assert states(report)[Strategy.BEST_SELLERS] is WARMING
    assert states(report)[Strategy.BOUGHT_TOGETHER] is INSUFFICIENT
    assert states(report)[Strategy.BUY_AGAIN] is INSUFFICIENT


def test_a_shop_with_views_of_nobody_trains(shop: ShopFolder, records: Records) -> None:
    write(shop, *(event("view_item", item, ago=ago, visitor_id=None) for ago, item in enumerate("abcabc")))

    report = fitted(shop, records)

    assert report.artifact.models.factors is None
    assert states(report)[Strategy.FOR_YOU] is INSUFFICIENT
    assert states(report)[Strategy.BEST_SELLERS] is WARMING


def test_a_shop_with_a_catalogue_only_trains(shop: ShopFolder, records: Records) -> None:
    told(records)

    report = fitted(shop, records)
    models = report.artifact.models

    assert len(models.items) == len(catalogue())
    assert models.content_index is not None
    assert states(report)[Strategy.SIMILAR] is WARMING
    assert states(report)[Strategy.FOR_YOU] is INSUFFICIENT


def test_a_shop_with_nothing_trains(shop: ShopFolder, records: Records) -> None:
    report = fitted(shop, records)

    assert report.published
    assert not len(report.artifact.models.items)
    assert {state for name, state in states(report).items() if name is not Strategy.RECENTLY_VIEWED} == {INSUFFICIENT}
    assert all(found.reason for found in report.artifact.manifest.strategies.values())


@pytest.mark.parametrize("name", ["view_item", "purchase"])
def test_a_shop_with_one_event_trains(shop: ShopFolder, records: Records, name: str) -> None:
    write(shop, event(name, "a"))

    assert [*fitted(shop, records).artifact.models.items] == ["a"]


def test_events_without_items_train(shop: ShopFolder, records: Records) -> None:
    write(shop, event("page_view"), event("purchase", order_id="o1", value=5))

    assert not len(fitted(shop, records).artifact.models.items)


def test_the_same_data_gives_the_same_bytes(shop: ShopFolder, records: Records, tmp_path: Path) -> None:
    told(records)
    write(shop, *shop_events("view_item", "purchase"))
    first = fitted(shop, records)
    kept = contents(first.artifact.path)
    first.artifact.path.rename(tmp_path / "first")

    second = fitted(shop, records)

    assert contents(second.artifact.path) == kept


def test_the_way_the_log_is_cut_does_not_matter(shop: ShopFolder, records: Records, viewed: Viewed) -> None:
    half = len(viewed.events) // 2
    EventLog(shop).append(table(*viewed.events[half:]), "second")
    EventLog(shop).append(table(*viewed.events[:half]), "first")

    assert fitted(shop, records).artifact.version == viewed.report.artifact.version


@pytest.mark.parametrize("change", [{"seed": 8}, {"factors": {"dimensions": 8}}])
def test_other_settings_give_another_version(
    shop: ShopFolder, records: Records, viewed: Viewed, change: dict[str, Any]
) -> None:
    write(shop, *viewed.events)

    other = fitted(shop, records, configuration=TrainingConfiguration.parse(change))

    assert other.artifact.version != viewed.report.artifact.version


def test_a_model_that_is_not_wanted_yet_is_saved_only(shop: ShopFolder, records: Records) -> None:
    report = fitted(shop, records, publish=False)

    assert not report.published
    assert ArtifactStore(shop.artifacts).versions() == [report.artifact.version]
    assert ArtifactStore(shop.artifacts).current() is None


def test_a_model_that_lost_a_strategy_is_refused_unless_forced(shop: ShopFolder, records: Records) -> None:
    write(shop, *shop_events("purchase"))
    good = fitted(shop, records).artifact.version
    for file in shop.log.rglob("*.parquet"):
        file.unlink()
    write(shop, *shop_events("view_item"), now=NOW + timedelta(days=60))

    refused = fitted(shop, records)

    assert not refused.published
    assert "bought_together was ready and is insufficient now" in refused.decision.reason
    assert ArtifactStore(shop.artifacts).current() == good
    assert fitted(shop, records, force=True).published


def test_a_damaged_model_in_service_does_not_stop_a_new_one(shop: ShopFolder, records: Records) -> None:
    write(shop, *shop_events("view_item", people=20))
    (fitted(shop, records).artifact.path / "models.json").write_text("[")
    write(shop, event("view_item", "a0", event_id="new"))

    assert fitted(shop, records).published


def test_before_a_model_is_published_all_that_is_worked_out_of_it_lies_ready(
    shop: ShopFolder, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "WORTH_KEEPING", 1)
    told(records)
    write(shop, *shop_events("view_item", "purchase"))

    artifact = fitted(shop, records).artifact

    found = shelf.opened(shop, records, artifact.models, Configuration(), artifact.version)
    assert {*groundwork.PARTS, "by_category"} <= {*found.__dict__}
    assert (found.kin.beginnings.sizes > 0).any()


def test_settings_come_from_the_shops_configuration(shop: ShopFolder, records: Records) -> None:
    records.configurations.put("shop", {"training": {"factors": {"dimensions": 3}}})
    write(shop, *shop_events("view_item", people=20))

    factors = fitted(shop, records).artifact.models.factors

    assert factors is not None
    assert factors.vectors.shape[1] == 3


def test_a_setting_that_is_not_allowed_is_named(shop: ShopFolder, records: Records) -> None:
    records.configurations.put("shop", {"training": {"seed": -1}})

    with pytest.raises(ConfigurationError, match=r"training\.seed"):
        fitted(shop, records)


def test_an_unknown_shop_is_refused(workspace: Any, records: Records) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        train(workspace.shop("nowhere"), records, now=NOW)


def test_progress_only_rises(shop: ShopFolder, records: Records) -> None:
    steps: list[float] = []

    fitted(shop, records, progress=lambda _step, done: steps.append(done))

    assert steps == sorted(steps)
    assert steps[-1] == 1.0


def test_another_engine_can_do_the_heavy_steps(shop: ShopFolder, records: Records) -> None:
    class Elsewhere(LocalSteps):
        def factors(self, interactions: Any, configuration: TrainingConfiguration) -> Any:
            made.append(len(interactions))
            return super().factors(interactions, configuration)

    made: list[int] = []
    write(shop, *shop_events("view_item", people=20, days=3))

    fitted(shop, records, steps=Elsewhere())

    assert made


def test_items_of_the_catalogue_say_when_they_came(shop: ShopFolder, records: Records) -> None:
    told(records, created_at="1970-01-11T12:00:00+00:00")

    np.testing.assert_array_equal(fitted(shop, records).artifact.models.popularity.added_day, 10.0)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_large_shop_is_judged_by_a_sample_and_learned_from_whole(shop: ShopFolder, records: Records) -> None:
    told(records)
    write(shop, *shop_events("view_item", "purchase", people=120))
    sampled = EvaluationConfig(whole_interactions=1000, sample_interactions=1000)

    report = fitted(shop, records, configuration=TrainingConfiguration(evaluation=sampled))
    manifest = report.artifact.manifest

    assert manifest.metrics["window"]["sampled"] == 1000
    assert manifest.counts["interactions"] == 2880
    assert manifest.metrics["results"]


def test_a_log_that_memory_does_not_hold_is_learned_from_its_last_days(
    shop: ShopFolder, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recommender.training.EVENTS_A_GB", 100)
    write(shop, *shop_events("view_item"))

    counts = fitted(shop, records, configuration=TrainingConfiguration(memory_gb=4)).artifact.manifest.counts

    assert 0 < counts["interactions"] <= 400
    assert counts["interactions"] + counts["earlier_rows"] == 720


def test_progress_only_rises_and_tells_every_step(viewed: Viewed) -> None:
    shares = [done for _, done in viewed.progress]
    assert shares == sorted(shares)
    assert {*Step} <= {step for step, _ in viewed.progress}
    assert shares[-1] == 1


def test_who_is_erased_while_a_model_is_fitted_is_not_in_it(shop: ShopFolder, records: Records) -> None:
    """The log was read before; who was erased earlier, and came back since, is."""
    write(shop, *shop_events("purchase", people=16))
    records.erasures.add("shop", ["customer:c1"], NOW + timedelta(minutes=1))
    records.erasures.add("shop", ["customer:c3"], NOW - timedelta(minutes=1))

    models = fitted(shop, records).artifact.models

    assert models.histories is not None
    assert models.customers is not None
    for known in (models.histories.people.row, models.customers.people.table.row):
        assert (known("customer:c1"), known("customer:c3") is None) == (None, False)


def test_who_is_erased_while_a_model_is_written_is_not_in_what_is_published(
    shop: ShopFolder, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another host does not wait for this one, and found no such artifact yet to write anew."""
    write(shop, *shop_events("purchase", people=16))
    add = ArtifactStore.add

    def meanwhile(*arguments: Any) -> Artifact:
        added = add(*arguments)
        records.erasures.add("shop", ["customer:c1"], NOW + timedelta(minutes=1))
        return added

    monkeypatch.setattr(ArtifactStore, "add", meanwhile)

    artifact = fitted(shop, records).artifact

    assert artifact.models.customers is not None
    assert artifact.models.customers.people.table.row("customer:c1") is None
    assert ArtifactStore(shop.artifacts).versions() == [artifact.version]


def test_gates_intent_and_replenishment_reach_the_artifact(shop: ShopFolder, records: Records) -> None:
    """Two orders of an item on different days, visits with and without an order, and offers made by chance."""
    sale = {"id": SALE.id, "offer": {"amount": 4, "currency": "EUR"}, "gate": True}
    records.configurations.put("shop", {"campaigns": [sale]})
    looked, bought = shop_events("view_item"), shop_events("view_item", "add_to_cart", "purchase", seed=2)
    write(shop, *({**one, "event_id": f"e{place}"} for place, one in enumerate((*looked, *bought))))
    EventLog(shop).append(logs.table(*offers(2_400, 0.4)), "offers")
    lower = TrainingConfiguration(
        intent=IntentConfig(min_visits=100, min_orders=20, trees=10, folds=2), evaluation=EvaluationConfig(max_cases=20)
    )

    report = fitted(shop, records, configuration=lower)
    models = ArtifactStore(shop.artifacts).open(report.artifact.version).models

    assert models.gates is not None
    assert SALE.offer is not None
    assert models.gates.of("sale", SALE.offer.digest) is not None
    assert models.intent is not None
    assert report.artifact.manifest.metrics["purchase_intent"]["kept"]
    assert models.replenishment is not None
    assert len(models.replenishment.days) == len(models.items)


def test_who_moved_between_segments_is_noted_when_a_model_goes_into_service(shop: ShopFolder, records: Records) -> None:
    """v ordered once, and then again. By a model that does not go into service nobody moves."""
    defined = [{"id": "once", "when": "orders == 1"}, {"id": "again", "when": "orders == 2"}]
    records.configurations.put("shop", {"segments": defined})
    write(shop, event("purchase", "a", ago=9, order_id="o1"))
    fitted(shop, records)
    write(shop, event("purchase", "b", ago=1, order_id="o2", event_id="again"))

    fitted(shop, records, publish=False)
    assert Moves(shop.segments).counts(NOW - timedelta(days=9), NOW) == {}
    fitted(shop, records)

    moves = Moves(shop.segments).counts(NOW - timedelta(days=9), NOW)
    assert moves == {"again": {ENTERED: 1, LEFT: 0}, "once": {ENTERED: 0, LEFT: 1}}

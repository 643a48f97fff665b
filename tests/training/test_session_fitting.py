"""How the session model comes into an artifact."""

from typing import Any

import pytest

from recommender.catalog.item import Item
from recommender.models.sessions import EncoderConfig, RankerConfig, Rankers, SessionConfig, SessionModel
from recommender.records import Records
from recommender.strategy import State, Strategy
from recommender.training import TrainingConfiguration
from recommender.workspace import ShopFolder, Workspace
from tests.conftest import NOW
from tests.training.logs import catalogue, shop_events, write
from training.fitting import TrainingReport, train
from training.interactions import Prepared
from training.steps import LocalSteps

SMALL = TrainingConfiguration(
    sessions=SessionConfig(
        encoder=EncoderConfig(dimensions=8, epochs=3, negatives=16, batch=64),
        ranker=RankerConfig(trees=5, leaves=7, min_leaf=5),
        min_sessions=200,
        min_examples=40,
        candidates=20,
    )
)


class Watched(LocalSteps):
    """Remembers with which rankers sessions were fitted."""

    def __init__(self) -> None:
        self.given: list[Rankers] = []

    def sessions(self, prepared: Prepared, configuration: TrainingConfiguration, rankers: Rankers) -> Any:
        self.given.append(rankers)
        return super().sessions(prepared, configuration, rankers)


@pytest.fixture(autouse=True)
def shop_record(records: Records) -> None:
    records.shops.create("shop", [], NOW)


@pytest.fixture(scope="module")
def steps() -> Watched:
    """What the shop with enough sessions was fitted by."""
    return Watched()


@pytest.fixture(scope="module")
def enough(steps: Watched, tmp_path_factory: pytest.TempPathFactory) -> TrainingReport:
    """Of a shop with enough sessions, to be read only."""
    workspace = Workspace(tmp_path_factory.mktemp("enough"))
    records = Records.open(workspace.records_url)
    records.shops.create("shop", [], NOW)
    write(workspace.shop("shop"), *shop_events("view_item", people=120))
    report = fitted(workspace.shop("shop"), records, steps=steps)
    records.close()
    return report


def fitted(shop: ShopFolder, records: Records, **options: Any) -> TrainingReport:
    return train(shop, records, SMALL, now=NOW, **options)


def sessions(report: TrainingReport) -> SessionModel:
    found = report.artifact.models.sessions
    assert found is not None
    return found


def test_enough_sessions_carry_a_session_model(enough: TrainingReport) -> None:
    assert len(sessions(enough).index) == 480
    status = enough.artifact.models.status[Strategy.FOR_YOU]
    assert (status.state, status.reason) == (State.READY, "learned from 120 people and 480 sessions")


@pytest.mark.parametrize("kinds", [("purchase",), ("view_item",)])
def test_few_sessions_and_mere_purchases_carry_none(kinds: tuple[str, ...], shop: ShopFolder, records: Records) -> None:
    write(shop, *shop_events(*kinds, people=120 if kinds == ("purchase",) else 20))

    assert fitted(shop, records).artifact.models.sessions is None


def test_what_the_evaluation_learned_about_order_is_handed_on(enough: TrainingReport, steps: Watched) -> None:
    assert len(steps.given) == 2
    assert steps.given[0] == Rankers()
    for job in ("again", "discovery"):
        given, kept = getattr(steps.given[1], job), getattr(sessions(enough).rankers, job)
        assert (given and given.text) == (kept and kept.text)


def test_the_session_model_repeats_byte_by_byte(shop: ShopFolder, records: Records, enough: TrainingReport) -> None:
    write(shop, *shop_events("view_item", people=120))

    assert fitted(shop, records).artifact.version == enough.artifact.version


def test_the_catalogue_tells_prices_and_categories(shop: ShopFolder, records: Records) -> None:
    records.catalog.put("shop", [Item.parse(one) for one in catalogue(product_type="Home")], NOW)
    write(shop, *shop_events("view_item", people=120))

    model = sessions(fitted(shop, records))

    assert set(model.prices.tolist()) == {5.0}
    assert set(model.categories.tolist()) == {0}

"""`vitrine recommend` answers from a shop's files, before and after training."""

from datetime import timedelta

import pytest

from recommender.artifact import ArtifactStore, Manifest
from recommender.catalog.item import Item
from recommender.errors import InputError, NotFoundError
from recommender.records import Records
from recommender.workspace import Workspace
from tests.recommender.engine.shops import CATALOGUE, END, models
from tests.training.commands.invoking import SHOP, answer, run


@pytest.fixture
def home(empty_home: Workspace, records: Records) -> Workspace:
    """A shop with a catalogue and without models."""
    records.catalog.put(SHOP, [Item.parse({"id": id_, **fields}) for id_, fields in CATALOGUE.items()], END)
    return empty_home


@pytest.fixture
def trained(home: Workspace) -> Workspace:
    """The same shop with published models."""
    store = ArtifactStore(home.shop(SHOP).artifacts)
    manifest = Manifest(
        shop=SHOP,
        data_start=END - timedelta(days=300),
        data_end=END,
        fingerprint="f",
        configuration={},
        metrics={},
        counts={},
        strategies={},
    )
    store.publish(store.add(models(), manifest).version)
    return home


@pytest.mark.usefixtures("trained")
def test_it_shows_a_table_with_reasons() -> None:
    shown = run("recommend", "--strategy", "similar", "--item", "heart-white", "--limit", "2")
    assert "Red Hanging Heart" in shown
    assert "Similar to White Hanging Heart" in shown


@pytest.mark.usefixtures("trained")
def test_explained_it_shows_the_score_of_each_source() -> None:
    assert "content" not in run("recommend", "--strategy", "similar", "--item", "heart-white")
    shown = run("recommend", "--strategy", "similar", "--item", "heart-white", "--explain")
    assert "content" in shown
    assert "views" in shown


@pytest.mark.usefixtures("trained")
def test_machines_get_one_json_document() -> None:
    document = answer("recommend", "--strategy", "buy_again", "--customer", "customer-5")
    assert document["strategy"] == "buy_again"
    assert document["items"][0]["item_id"] == "candle"
    assert document["model_version"].startswith("20250615-")


@pytest.mark.usefixtures("home")
def test_a_shop_without_models_gets_an_answer_too() -> None:
    document = answer("recommend", "--strategy", "for_you", "--limit", "3")
    assert (document["model_version"], len(document["items"])) == ("none", 3)


@pytest.mark.usefixtures("home")
def test_an_unknown_item_is_named() -> None:
    assert "unknown item: nowhere" in run("recommend", "--strategy", "similar", "--item", "nowhere")
    document = answer("recommend", "--strategy", "similar", "--item", "nowhere")
    assert document["missing_ids"] == ["nowhere"]


@pytest.mark.usefixtures("home")
def test_a_filter_is_given_as_json() -> None:
    document = answer("recommend", "--strategy", "best_sellers", "--filter", '{"price": {"max": 2}}')
    assert {item["item_id"] for item in document["items"]} == {"star", "matches"}
    with pytest.raises(InputError, match="--filter"):
        run("recommend", "--strategy", "best_sellers", "--filter", "cheap")


@pytest.mark.usefixtures("home")
def test_a_shop_that_does_not_exist_is_an_error_for_people() -> None:
    with pytest.raises(NotFoundError, match="gifts"):
        run("recommend", "--strategy", "similar", shop="nowhere")


@pytest.mark.usefixtures("trained")
def test_a_placement_is_filled_as_on_its_page() -> None:
    document = answer("recommend", "--placement", "product-similar", "--item", "heart-white")
    assert document["strategy"] == "similar"
    assert "heart-white" not in {item["item_id"] for item in document["items"]}


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(
    ("arguments", "field", "allowed"),
    [
        (("--placement", "attic"), "--placement", "product-similar"),
        (("--placement", "home-trending", "--strategy", "similar"), "--strategy", "leave it out"),
        (("--placement", "home-trending", "--filter", "{}"), "--filter", "leave it out"),
        (("--placement", "product-similar", "--item", "heart-white", "--item", "candle"), "--item", "one item"),
        ((), "--strategy", "bought_together"),
    ],
)
def test_what_a_placement_cannot_be_told_is_refused(arguments: tuple[str, ...], field: str, allowed: str) -> None:
    with pytest.raises(InputError, match=allowed) as caught:
        run("recommend", *arguments)
    assert caught.value.field == field

"""What each strategy finds in a small shop, and what it says of it."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from recommender.engine.answer import Recommendations
from recommender.engine.engine import recommend
from recommender.engine.filter import Filter
from recommender.engine.request import NOBODY, CartItem, Interaction, Query, Visitor
from recommender.engine.snapshot import Snapshot
from recommender.errors import InputError
from recommender.models.histories import HistoryConfig, HistoryModel
from recommender.models.neighbours import NeighbourModel, Neighbours
from recommender.strategy import Strategy
from tests.recommender.engine.shops import (
    END,
    NOW,
    UNLISTED,
    catalogue,
    change,
    changed,
    deletion,
    interactions,
    log,
    models,
    snapshot,
)

CUSTOMER = Visitor(customer_id="customer-5")
"""Bought a candle, a lantern, matches and a small mug 128 days before the end of the log, and again a candle."""


def ask(
    strategy: str, *seeds: str, visitor: Visitor = NOBODY, shop: Snapshot | None = None, **more: object
) -> Recommendations:
    return recommend(shop or snapshot(), visitor, Query(strategy, seeds, **more), NOW)  # type: ignore[arg-type]


def ids(answer: Recommendations) -> list[str]:
    return [item.item_id for item in answer.items]


def session(*item_ids: str) -> Visitor:
    return Visitor("stranger", session=tuple(Interaction(id_) for id_ in item_ids))


def test_similar_finds_what_is_described_and_looked_at_alike() -> None:
    answer = ask("similar", "heart-white", limit=2)
    assert set(ids(answer)) == {"heart-red", "heart-zinc"}
    assert answer.items[0].reason == "Similar to White Hanging Heart"


def test_similar_shows_one_variant_of_a_product() -> None:
    assert len({"mug-s", "mug-l"} & set(ids(ask("similar", "teapot", limit=9)))) == 1


def test_similar_leaves_out_the_other_variants_of_the_seed_while_there_is_something_else() -> None:
    answer = ask("similar", "mug-s", limit=11)
    assert "mug-l" not in ids(answer)
    assert ids(ask("similar", "mug-s", limit=12))[-1] == "mug-l"


def test_an_item_newer_than_the_models_is_found_by_its_description() -> None:
    shop = snapshot(change("heart-pink", 50, title="Pink Hanging Heart", product_type="Home > Decorations", price="3"))
    assert "heart-pink" in ids(ask("similar", "heart-white", shop=shop, limit=4))
    assert set(ids(ask("similar", "heart-pink", shop=shop, limit=3))) == {"heart-white", "heart-red", "heart-zinc"}


def test_without_models_similar_means_the_same_category() -> None:
    shop = Snapshot.bare(snapshot().table)
    answer = ask("similar", "lantern", shop=shop, limit=2)
    assert (answer.strategy, set(ids(answer))) == (Strategy.SIMILAR, {"candle", "matches"})
    assert answer.items[0].reason == "More in Lighting"


def test_bought_together_counts_orders() -> None:
    answer = ask("bought_together", "candle", limit=2)
    assert set(ids(answer)) == {"lantern", "matches"}
    assert answer.items[0].reason == "Bought together in 10 orders"


def test_bought_together_of_a_cart_names_the_item_that_it_goes_with() -> None:
    visitor = Visitor("stranger", cart=(CartItem("candle"), CartItem("heart-white")))
    answer = ask("bought_together", visitor=visitor, limit=2)
    assert set(ids(answer)) == {"lantern", "matches"}
    assert answer.items[0].reason == "Bought with Vanilla Candle in 10 orders"


def test_of_a_whole_basket_some_items_speak_against_others() -> None:
    completion = NeighbourModel.from_lists(
        [
            Neighbours(*(models().items.rows(["matches"]), np.array([share], np.float32), np.zeros(1, np.int32)))
            for share in np.where(np.arange(len(models().items)) == models().items.row("tin"), -9, 1)
        ]
    )
    shop = replace(snapshot(), models=replace(models(), completion=completion))
    assert "matches" in ids(ask("bought_together", "candle", shop=shop, limit=2))
    assert "matches" not in ids(ask("bought_together", "candle", "tin", shop=shop, limit=2))


def test_a_newcomer_goes_with_what_goes_with_its_like() -> None:
    shop = snapshot(change("candle-rose", 50, title="Rose Candle", product_type="Home > Lighting", price="4"))
    answer = ask("bought_together", "candle-rose", shop=shop, limit=2)
    assert answer.strategy is Strategy.BOUGHT_TOGETHER
    assert set(ids(answer)) <= {"lantern", "matches", "mug-s", "mug-l"}
    assert answer.items[0].reason.startswith("Bought with ")
    assert answer.items[0].reason.endswith("in 10 orders")


def test_a_newcomer_without_a_like_goes_with_what_goes_with_its_category() -> None:
    shop = replace(
        snapshot(change("q", 50, product_type="Home > Lighting")),
        models=replace(models(), content=None, content_index=None),
    )
    answer = ask("bought_together", "q", shop=shop, limit=2)
    assert answer.strategy is Strategy.BOUGHT_TOGETHER
    assert answer.items[0].reason.startswith("Popular in ")


def test_the_support_of_a_pair_is_the_number_of_its_orders() -> None:
    bought: dict[str | None, set[str]] = {}
    for _, event, item, _, order in log():
        if event == "purchase":
            bought.setdefault(order, set()).add(item)
    for item in ask("bought_together", "candle", "tin", explain=True).items:
        if item.source != "bought_together" or "orders" not in item.reason:
            continue
        assert item.explanation is not None
        pair = {item.item_id, item.explanation["because_of"]}
        assert item.explanation["support"] == sum(pair <= basket for basket in bought.values())


def test_the_first_click_of_a_stranger_is_enough_for_a_personal_list() -> None:
    answer = ask("for_you", visitor=session("heart-white"), limit=2)
    assert answer.strategy is Strategy.FOR_YOU
    assert set(ids(answer)) <= {"heart-red", "heart-zinc", "star", "teapot"}
    assert answer.items[0].reason == "Because you viewed White Hanging Heart"


def test_what_lies_in_the_cart_tells_what_somebody_wants() -> None:
    visitor = Visitor("stranger", cart=(CartItem("heart-white"),))
    assert ask("for_you", visitor=visitor).items[0].reason == "Because you viewed White Hanging Heart"


def test_a_customer_is_known_from_the_log() -> None:
    answer = ask("for_you", visitor=CUSTOMER, limit=3)
    assert answer.strategy is Strategy.FOR_YOU
    assert "Because you bought" in answer.items[0].reason
    assert not {"candle", "lantern", "matches", "mug-s"} & set(ids(answer))


def test_for_a_stranger_without_a_click_the_list_says_what_it_really_is() -> None:
    answer = ask("for_you", limit=2)
    assert (answer.strategy, answer.items[0].source) == (Strategy.TRENDING, "trending")


def test_an_item_that_caught_the_eye_of_a_stranger_tells_what_the_list_is_about() -> None:
    answer = ask("for_you", "heart-white", limit=2)
    assert (answer.strategy, set(ids(answer))) == (Strategy.SIMILAR, {"heart-red", "heart-zinc"})


def test_trending_shows_what_rises_first() -> None:
    answer = ask("trending", limit=2)
    assert set(ids(answer)) == {"tin", "mystery"}
    assert {item.reason for item in answer.items} == {"Trending now", "Trending in Kitchen"}


def test_best_sellers_begin_with_what_sells_most() -> None:
    answer = ask("best_sellers", limit=1)
    assert (ids(answer), answer.items[0].reason) == (["candle"], "Best seller in Lighting")


def test_recently_viewed_is_the_latest_first_and_nothing_else() -> None:
    answer = ask("recently_viewed", visitor=session("tin", "apron", "tin", "star"))
    assert (ids(answer), answer.strategy) == (["star", "tin", "apron"], Strategy.RECENTLY_VIEWED)


def test_recently_viewed_of_nobody_becomes_another_list() -> None:
    answer = ask("recently_viewed", limit=5)
    assert (answer.strategy, len(answer.items)) == (Strategy.TRENDING, 5)


def test_buy_again_counts_occasions() -> None:
    answer = ask("buy_again", visitor=CUSTOMER)
    assert answer.strategy is Strategy.BUY_AGAIN
    assert set(ids(answer)) == {"candle", "lantern", "matches", "mug-s"}
    reasons = {item.item_id: item.reason for item in answer.items}
    assert reasons["lantern"] == "You bought this before"
    assert (ids(answer)[0], reasons["candle"]) == ("candle", "You bought this 2 times")


def test_a_purchase_since_training_counts_at_once_and_one_that_was_trained_does_not_count_twice() -> None:
    since = Interaction("lantern", "purchase", END.timestamp() + 3600)
    trained = Interaction("matches", "purchase", END.timestamp() - 128 * 86_400)
    visitor = Visitor(customer_id="customer-5", history=(trained, since))
    reasons = {item.item_id: item.reason for item in ask("buy_again", visitor=visitor).items}
    assert reasons["lantern"] == "You bought this 2 times"
    assert reasons["matches"] == "You bought this before"


def test_on_sale_shows_reduced_items_only_and_how_much_they_are_reduced() -> None:
    answer = ask("on_sale")
    assert [(item.item_id, item.reason) for item in answer.items] == [("tin", "50% off"), ("star", "25% off")]


def test_new_arrivals_age_with_the_data_and_later_items_with_the_clock() -> None:
    fresh = change("plate", 50, NOW - timedelta(hours=2), title="Owl Plate", product_type="Kitchen", price="4")
    answer = ask("new_arrivals", shop=snapshot(fresh))
    assert (answer.strategy, ids(answer)[0], answer.items[0].reason) == (Strategy.NEW_ARRIVALS, "plate", "New")
    later = recommend(snapshot(fresh), NOBODY, Query("new_arrivals"), NOW + timedelta(days=90))
    assert "plate" not in ids(later)


def test_an_item_that_the_shop_never_listed_is_not_the_first_arrival() -> None:
    known = change("plate", 50, NOW - timedelta(days=20), title="Owl Plate", product_type="Kitchen", price="4")
    assert ids(ask("new_arrivals", shop=snapshot(known), limit=12))[:2] == ["plate", UNLISTED]


def test_a_catalogue_that_came_in_one_import_holds_no_arrivals() -> None:
    assert ask("new_arrivals", shop=Snapshot.bare(snapshot().table)).strategy is not Strategy.NEW_ARRIVALS


@pytest.mark.parametrize("strategy", ["similar", "for_you", "trending", "best_sellers"])
def test_what_was_bought_lately_is_left_out_unless_it_is_asked_for(strategy: str) -> None:
    visitor = Visitor(history=(Interaction("tin", "purchase", NOW.timestamp() - 3 * 86_400),))
    assert "tin" not in ids(ask(strategy, visitor=visitor, limit=100))
    assert "tin" in ids(ask(strategy, visitor=visitor, limit=100, allow_seen=True))


def test_what_was_bought_long_ago_may_be_shown_again() -> None:
    visitor = Visitor(history=(Interaction("tin", "purchase", NOW.timestamp() - 40 * 86_400),))
    assert "tin" in ids(ask("best_sellers", visitor=visitor, limit=100))


def test_seen_items_are_left_out_of_any_list_that_says_so() -> None:
    visitor = session("candle", "lantern")
    assert {"candle", "lantern"} <= set(ids(ask("best_sellers", visitor=visitor, limit=100)))
    assert not {"candle", "lantern"} & set(ids(ask("best_sellers", visitor=visitor, limit=100, allow_seen=False)))


def test_any_event_makes_an_item_seen() -> None:
    visitor = Visitor(history=(Interaction("tin", "view_item_list", NOW.timestamp()),), session=session("star").session)
    assert not {"tin", "star"} & set(ids(ask("for_you", visitor=visitor, limit=100)))


def test_a_history_longer_than_is_kept_still_tells_what_was_bought() -> None:
    entries = list(log())
    short = HistoryModel.fit(interactions(entries, models().items), HistoryConfig(max_rows=1))
    shop = replace(snapshot(), models=replace(models(), histories=short))
    regular, lately = Visitor(customer_id="customer-5"), Visitor(customer_id="customer-0")
    bought = {"candle", "lantern", "matches", "mug-s"}
    assert not bought & set(ids(ask("for_you", visitor=regular, shop=shop, limit=9)))
    assert not {"candle", "lantern", "matches", "mug-l"} & set(ids(ask("best_sellers", visitor=lately, shop=shop)))
    assert bought & set(ids(ask("best_sellers", visitor=regular, shop=shop)))


def test_a_filter_is_never_violated_even_where_the_list_stays_short() -> None:
    answer = ask("similar", "candle", filter=Filter.parse({"brand": "Bakers"}), limit=5)
    assert set(ids(answer)) == {"tin", "apron"}


def test_a_category_is_kept_to_unless_it_has_nothing() -> None:
    assert set(ids(ask("best_sellers", category="Lighting"))) == {"candle", "lantern", "matches"}
    assert len(ids(ask("best_sellers", category="Garden", limit=5))) == 5


def test_prices_and_stock_count_in_the_very_next_answer() -> None:
    gone = snapshot(changed("heart-red", availability="out_of_stock"), deletion("heart-zinc", 101))
    assert not {"heart-red", "heart-zinc"} & set(ids(ask("similar", "heart-white", shop=gone, limit=100)))
    back = Snapshot(gone.models, gone.table.apply([changed("heart-red", 102, price="99")]), gone.configuration)
    card = next(item.card for item in ask("similar", "heart-white", shop=back).items if item.item_id == "heart-red")
    assert card["price"] == 99


def test_items_that_the_catalogue_does_not_describe_come_after_those_that_it_does() -> None:
    table = snapshot(*(changed(id_.item_id, product_type="Kitchen") for id_ in catalogue())).table
    shop = Snapshot(models(), table, snapshot().configuration)
    assert ids(ask("best_sellers", shop=shop, limit=12))[-1] == "mystery"


def test_explained_items_tell_their_score_by_source() -> None:
    explanation = ask("similar", "heart-white", explain=True).items[0].explanation
    assert explanation is not None
    assert explanation["because_of"] == "heart-white"
    assert {"views", "content"} <= set(explanation["scores"])


@pytest.mark.parametrize(("strategy", "limit"), [("magic", 5), ("similar", 0), ("similar", 101)])
def test_a_question_that_cannot_be_answered_says_what_can(strategy: str, limit: int) -> None:
    with pytest.raises(InputError, match="use "):
        ask(strategy, limit=limit)

"""How far a shop's data carries each strategy, in words an operator can act on."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recommender.models.models import Models
from recommender.strategy import State, Status, Strategy
from training.interactions import Material

DAY_SPAN = 14
"""Days of log from which a rise can be told from noise."""
MANY_PURCHASES = 100
MANY_PEOPLE = 50
MANY_PAIRS = 50
COVERED = 0.5
"""Share of the items that must have neighbours."""


def statuses(models: Models, prepared: Material) -> dict[Strategy, Status]:
    """The status of every strategy."""
    return {
        Strategy.SIMILAR: _similar(models),
        Strategy.BOUGHT_TOGETHER: _bought_together(models),
        Strategy.FOR_YOU: _for_you(models, prepared),
        Strategy.TRENDING: _trending(models, prepared),
        Strategy.BEST_SELLERS: _best_sellers(models),
        Strategy.RECENTLY_VIEWED: _recently_viewed(models),
        Strategy.BUY_AGAIN: _buy_again(models),
        Strategy.ON_SALE: _on_sale(prepared.documents),
        Strategy.NEW_ARRIVALS: _new_arrivals(prepared),
    }


def _similar(models: Models) -> Status:
    if not len(models.items):
        return Status(State.INSUFFICIENT, "the shop has no items: import a catalogue or events")
    linked = np.zeros(len(models.items), bool)
    for neighbours in (models.views, models.purchases):
        if neighbours is not None:
            linked |= np.diff(neighbours.indptr) > 0
    described = np.zeros(len(models.items), bool)
    if models.content is not None:
        described = np.abs(models.content.vectors).sum(axis=1) > 0
    share, covered = linked.mean(), (linked | described).mean()
    if share >= COVERED:
        return Status(State.READY, f"{share:.0%} of the items were chosen together with others")
    if covered > 0:
        return Status(State.WARMING, f"only {share:.0%} of the items were chosen together with others; text helps out")
    return Status(State.INSUFFICIENT, "no two items were chosen together, and no item has a title: import a catalogue")


def _bought_together(models: Models) -> Status:
    found = models.bought_together
    pairs = 0 if found is None else len(found.rows) // 2
    if not pairs:
        return Status(State.INSUFFICIENT, "no two items are bought together more often than by chance")
    state = State.READY if pairs >= MANY_PAIRS else State.WARMING
    return Status(state, f"{pairs} pairs are bought together more often than by chance")


def _for_you(models: Models, prepared: Material) -> Status:
    people = prepared.counts["people"]
    if not people:
        return Status(State.INSUFFICIENT, "the log knows no visitor or customer")
    if models.sessions is not None:
        return Status(State.READY, f"learned from {people} people and {len(models.sessions.index)} sessions")
    if models.taste is None:
        return Status(State.WARMING, f"too few people chose several items to compare tastes ({people} people)")
    state = State.READY if people >= MANY_PEOPLE else State.WARMING
    return Status(state, f"learned from {people} people")


def _trending(models: Models, prepared: Material) -> Status:
    if prepared.oldest_days is None:
        return Status(State.INSUFFICIENT, "the log holds no interaction")
    days = prepared.oldest_days
    rising = int((models.popularity.trending > 0).sum())
    if days < DAY_SPAN:
        return Status(State.WARMING, f"the log spans {days:.0f} days; a rise shows from {DAY_SPAN} days on")
    state = State.READY if rising else State.WARMING
    return Status(state, f"interest in {rising} items has risen more than by chance")


def _best_sellers(models: Models) -> Status:
    purchases, views = int(models.popularity.purchases.sum()), int(models.popularity.views.sum())
    if purchases:
        state = State.READY if purchases >= MANY_PURCHASES else State.WARMING
        return Status(state, f"counted from {purchases} purchases")
    if views:
        return Status(State.WARMING, f"the log holds no purchase; counted from {views} views instead")
    return Status(State.INSUFFICIENT, "the log holds no purchase and no view")


def _recently_viewed(models: Models) -> Status:
    views = int(models.popularity.views.sum())
    if views:
        return Status(State.READY, f"the log holds {views} views")
    return Status(State.WARMING, "the log holds no view; works for each visitor from their first view on")


def _buy_again(models: Models) -> Status:
    if models.histories is None or not len(models.histories.purchase_rows):
        return Status(State.INSUFFICIENT, "no purchase of a known visitor or customer")
    again = int((models.histories.purchase_counts > 1).sum())
    if not again:
        return Status(State.WARMING, "nobody has bought an item twice yet")
    return Status(State.READY, f"{again} times somebody bought an item more than once")


def _on_sale(documents: Sequence[Mapping[str, Any]]) -> Status:
    reduced = sum(_reduced(document) for document in documents)
    if reduced:
        return Status(State.READY, f"{reduced} items have a sale_price below their price")
    return Status(State.INSUFFICIENT, "no item of the catalogue has a sale_price below its price")


def _reduced(document: Mapping[str, Any]) -> bool:
    price, sale = document.get("price"), document.get("sale_price")
    return price is not None and sale is not None and 0 < float(sale) < float(price)


def _new_arrivals(prepared: Material) -> Status:
    dated = sum("created_at" in document for document in prepared.documents)
    if dated:
        return Status(State.READY, f"{dated} items of the catalogue say since when they are sold")
    if prepared.oldest_days is not None and prepared.oldest_days >= DAY_SPAN:
        return Status(State.READY, "an item counts as new from its first event in the log on")
    if any(prepared.documents) or prepared.oldest_days is not None:
        return Status(State.WARMING, "no created_at in the catalogue, and the log is too short to tell what is new")
    return Status(State.INSUFFICIENT, "the shop has no items")

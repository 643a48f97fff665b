"""What holds for every list that the engine gives, whatever the shop, the visitor and the question.

A subclass chooses the shop by `snapshots`; everything else is drawn.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender.engine import engine
from recommender.engine.answer import Recommendations
from recommender.engine.caps import Cap
from recommender.engine.filling import FACTUAL
from recommender.engine.filter import Filter
from recommender.engine.page import Page, PageType
from recommender.engine.question import ALLOW_SEEN, Question
from recommender.engine.request import CartItem, Interaction, Query, Visitor
from recommender.engine.snapshot import Snapshot
from recommender.events.names import EventName
from recommender.strategy import Strategy
from tests.recommender.engine.shops import CATALOGUE, NOW, UNLISTED

IDS = st.sampled_from([*CATALOGUE, UNLISTED, "new-1", "new-2", "nobody"])
SOME = st.lists(IDS, max_size=4).map(tuple)
EVENTS = st.sampled_from([str(name) for name in EventName])
MOMENTS = st.none() | st.floats(NOW.timestamp() - 90 * 86_400, NOW.timestamp())
INTERACTIONS = st.lists(st.builds(Interaction, IDS, EVENTS, MOMENTS), max_size=6).map(tuple)

VISITORS = st.builds(
    Visitor,
    visitor_id=st.sampled_from([None, "visitor-0", "visitor-1", "stranger"]),
    customer_id=st.sampled_from([None, "customer-0", "customer-5", "stranger"]),
    history=INTERACTIONS,
    session=INTERACTIONS,
    cart=st.lists(st.builds(CartItem, IDS), max_size=3).map(tuple),
    personal=st.booleans(),
)
QUERIES = st.builds(
    Query,
    strategy=st.sampled_from(Strategy),
    item_ids=SOME,
    limit=st.integers(1, 100),
    exclude=SOME,
    allow_seen=st.sampled_from([None, True, False]),
    category=st.sampled_from([None, "Kitchen", "Home > Lighting", "Nowhere"]),
    diversity=st.sampled_from([0.0, 0.0, 0.3, 1.0]),
    caps=st.sampled_from([(), (), (Cap("brand", 1),), (Cap("brand", 2), Cap("category", 2))]),
    new_items_share=st.sampled_from([0.0, 0.0, 0.3]),
    language=st.sampled_from(["en", "ar", "xx"]),
    explain=st.booleans(),
)
MANY = settings(max_examples=60, suppress_health_check=[HealthCheck.differing_executors])


def ids(answer: Recommendations) -> list[str]:
    return [item.item_id for item in answer.items]


def blob(value: Any) -> bytes:
    return orjson.dumps(value, default=lambda one: one.decode() if isinstance(one, bytes) else one._asdict())


def history_of(snapshot: Snapshot, visitor: Visitor) -> list[tuple[str, str, float]]:
    """Item, event and age in days of everything that is known of a visitor."""
    if not visitor.personal:
        return []
    known = [
        (event.item_id, event.event, 0.0 if event.timestamp is None else (NOW.timestamp() - event.timestamp) / 86_400)
        for event in (*visitor.history, *visitor.session)
    ]
    models = snapshot.models
    if models.histories is None:
        return known
    person = models.histories.person(visitor_id=visitor.visitor_id, customer_id=visitor.customer_id)
    if person is None:
        return known
    past, end = models.histories.history(person), models.data_end.timestamp()
    codes = {4: "purchase"}
    return known + [
        (models.items[int(row)], codes.get(int(code), "view_item"), (end - moment) / 86_400)
        for row, code, moment in zip(past.item_rows, past.events, past.timestamps, strict=True)
    ]


def forbidden(snapshot: Snapshot, visitor: Visitor, query: Query, filled: Strategy) -> set[str]:
    """Ids that may not be shown."""
    never = {*query.item_ids, *query.exclude, *(item.item_id for item in visitor.cart)}
    never |= {snapshot.table.id(int(row)) for row in np.flatnonzero(~snapshot.table.available)}
    never |= ruled_out(snapshot)
    known = history_of(snapshot, visitor)
    asked = Strategy(query.strategy)
    turned = asked in FACTUAL and filled is not asked
    allow = query.allow_seen
    if allow is None:
        allow = ALLOW_SEEN.get(Strategy.FOR_YOU if turned else asked)
    if allow is False:
        never |= {id_ for id_, _, _ in known}
    if allow is None:
        never |= {id_ for id_, event, age in known if event == "purchase" and age <= 30}
    return never


def ruled_out(snapshot: Snapshot) -> set[str]:
    """Ids that a rule without conditions keeps out of every list."""
    table, never = snapshot.table, set()
    rows = np.arange(len(table), dtype=np.int32)
    for rule in snapshot.configuration.rules:
        if rule.only is not None:
            never |= {table.id(int(row)) for row in rows[~Filter.parse(rule.only).mask(table, rows)]}
        if rule.exclude is not None:
            never |= {*(rule.exclude.item_ids or ())}
        if rule.exclude is not None and rule.exclude.filter is not None:
            never |= {table.id(int(row)) for row in rows[Filter.parse(rule.exclude.filter).mask(table, rows)]}
    return never


class EngineContract:
    """Inherited by one test class a kind of shop."""

    def snapshots(self) -> st.SearchStrategy[Snapshot]:
        """The shops to try."""
        raise NotImplementedError

    @given(data=st.data(), visitor=VISITORS, query=QUERIES)
    @MANY
    def test_a_list_holds_nothing_that_may_not_be_shown(
        self, data: st.DataObject, visitor: Visitor, query: Query
    ) -> None:
        snapshot = data.draw(self.snapshots())
        answer = engine.recommend(snapshot, visitor, query, NOW)
        assert not set(ids(answer)) & forbidden(snapshot, visitor, query, answer.strategy)

    @given(data=st.data(), visitor=VISITORS, query=QUERIES)
    @MANY
    def test_a_list_has_no_item_twice_and_never_more_than_its_limit(
        self, data: st.DataObject, visitor: Visitor, query: Query
    ) -> None:
        answer = engine.recommend(data.draw(self.snapshots()), visitor, query, NOW)
        assert len(set(ids(answer))) == len(ids(answer)) <= query.limit

    @given(data=st.data(), visitor=VISITORS, query=QUERIES)
    @MANY
    def test_the_slot_is_full_when_enough_items_may_be_shown(
        self, data: st.DataObject, visitor: Visitor, query: Query
    ) -> None:
        snapshot = data.draw(self.snapshots())
        query = replace(query, category=None)
        answer = engine.recommend(snapshot, visitor, query, NOW)
        if answer.strategy in FACTUAL and answer.items:
            return
        everything = {snapshot.table.id(row) for row in range(len(snapshot.table))}
        # A claim that is true of nothing became a list for the visitor, even if that holds nothing either.
        filled = answer.strategy if answer.items else Strategy.FOR_YOU
        eligible = everything - forbidden(snapshot, visitor, query, filled)
        assert len(answer.items) == min(query.limit, len(eligible))

    @given(data=st.data(), visitor=VISITORS, query=QUERIES)
    @MANY
    def test_the_same_question_gets_the_same_bytes(self, data: st.DataObject, visitor: Visitor, query: Query) -> None:
        snapshot = data.draw(self.snapshots())
        first = blob(engine.recommend(snapshot, visitor, query, NOW))
        afresh = Snapshot(snapshot.models, snapshot.table, snapshot.configuration, snapshot.version)
        assert blob(engine.recommend(afresh, visitor, query, NOW)) == first

    @given(data=st.data(), visitor=VISITORS, query=QUERIES)
    @MANY
    def test_scores_never_rise_and_every_item_has_a_reason_and_a_card(
        self, data: st.DataObject, visitor: Visitor, query: Query
    ) -> None:
        answer = engine.recommend(data.draw(self.snapshots()), visitor, query, NOW)
        scores = [item.score for item in answer.items]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
        assert all(item.reason and item.card["title"] and "cost" not in item.card for item in answer.items)
        assert all((item.explanation is not None) == query.explain for item in answer.items)

    @given(data=st.data(), visitor=VISITORS, query=QUERIES)
    @MANY
    def test_unknown_seeds_are_named(self, data: st.DataObject, visitor: Visitor, query: Query) -> None:
        snapshot = data.draw(self.snapshots())
        answer = engine.recommend(snapshot, visitor, query, NOW)
        assert answer.missing_ids == tuple(id_ for id_ in query.item_ids if snapshot.table.row(id_) is None)

    @given(data=st.data(), visitor=VISITORS, query=QUERIES)
    @MANY
    def test_without_consent_every_visitor_gets_the_same(
        self, data: st.DataObject, visitor: Visitor, query: Query
    ) -> None:
        snapshot = data.draw(self.snapshots())
        nobody = Visitor(cart=visitor.cart)
        hidden = replace(visitor, personal=False)
        nobody = replace(nobody, personal=False)
        answers = [engine.recommend(snapshot, one, query, NOW) for one in (nobody, hidden)]
        assert blob(answers[0]) == blob(answers[1])

    @given(data=st.data(), visitor=VISITORS, kind=st.sampled_from(PageType), item=st.none() | IDS)
    @MANY
    def test_no_item_stands_twice_on_a_page(
        self, data: st.DataObject, visitor: Visitor, kind: PageType, item: str | None
    ) -> None:
        snapshot = data.draw(self.snapshots())
        showcases = engine.page(snapshot, visitor, Page(kind, item, "Kitchen"), None, NOW)
        shown = [id_ for showcase in showcases for id_ in ids(showcase.recommendations)]
        assert len(set(shown)) == len(shown)
        assert item not in shown
        assert [showcase.placement for showcase in showcases] == [slot.id for slot in snapshot.configuration.on(kind)]

    @given(data=st.data(), visitor=VISITORS, query=QUERIES)
    @MANY
    def test_what_is_chosen_in_one_go_is_what_is_chosen_step_by_step(
        self, data: st.DataObject, visitor: Visitor, query: Query
    ) -> None:
        snapshot, query = data.draw(self.snapshots()), replace(query, diversity=0.0)
        quick = engine.recommend(snapshot, visitor, query, NOW)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Question, "bounds", None)
            careful = engine.recommend(snapshot, visitor, query, NOW)

        assert blob(quick) == blob(careful)

"""Everybody in columns: judged as each would be online, by the same expression."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.catalog.table import CatalogTable
from recommender.configuration import Configuration
from recommender.engine.page import Page, PageType
from recommender.engine.request import Visitor
from recommender.engine.snapshot import Snapshot
from recommender.models.models import Models
from recommender.retention import knowledge
from recommender.retention.facts import Facts
from recommender.retention.knowledge import Told
from recommender.retention.population import Population
from recommender.retention.segments import SEGMENTS
from recommender.retention.traits import TRAITS, Kind
from tests.recommender.retention.people import NOW, models


@cache
def population() -> Population:
    return Population.at(models(), NOW)


@cache
def everybody() -> list[Facts]:
    """The same people, each as a page would see them."""
    snapshot = Snapshot(models(), CatalogTable.build(models().items), Configuration())
    told, found = Told(Page(PageType.HOME)), []
    for row in range(len(population())):
        kind, _, id_ = population().key(row).partition(":")
        found.append(knowledge.facts(snapshot, Visitor(**{f"{kind}_id": id_}), told, NOW))
    return found


def condition() -> st.SearchStrategy[str]:
    numbers = st.sampled_from([name for name, trait in TRAITS.items() if trait.kind is Kind.NUMBER])
    sign = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    number = st.sampled_from(["0", "1", "2", "3", "0.5", "19.95", "40", "250", "-1"])
    compared = st.builds("{} {} {}".format, numbers, sign, number)
    with_trait = st.builds("{} {} {} * {}".format, numbers, sign, number, numbers)
    among = st.builds("{} {}in [{}, {}]".format, numbers, st.sampled_from(["", "not "]), number, number)
    missing = st.builds("{} is {}missing".format, st.sampled_from([*TRAITS]), st.sampled_from(["", "not "]))
    more = ("rfm_group == 'champions'", "rfm_group in ['loyal', 'inactive']", "rfm_group != 'recent'", "seen_before")
    on_page = ("seen_before == false", "country == 'DE'", "device != 'phone'")
    others = st.sampled_from([*SEGMENTS.named, *more, *on_page])
    return st.one_of(compared, with_trait, among, missing, others)


def expression() -> st.SearchStrategy[str]:
    return st.recursive(
        condition(),
        lambda inner: st.one_of(
            st.builds("({}) and ({})".format, inner, inner),
            st.builds("({}) or ({})".format, inner, inner),
            st.builds("not ({})".format, inner),
        ),
        max_leaves=6,
    )


@given(expression())
def test_columns_and_single_visitors_are_judged_alike(text: str) -> None:
    segment = SEGMENTS.parse(text)
    online = [segment.holds(facts) for facts in everybody()]
    if not segment.on_page:
        assert population().members(segment).tolist() == online
    certain, possible = population().members(segment), population().possible(segment)
    assert not (certain & ~possible).any()
    assert not (np.array(online) & ~possible).any()


@pytest.mark.parametrize("name", [name for name, trait in TRAITS.items() if not trait.on_page])
def test_every_trait_that_needs_no_page_is_the_same_in_both_readings(name: str) -> None:
    trait = TRAITS[name]
    values, known, _ = population().read(trait)
    read = [trait.of(facts) for facts in everybody()]
    assert [value if there else None for value, there in zip(values.tolist(), known.tolist(), strict=True)] == [
        value if value is None or trait.kind is not Kind.NUMBER else float(value) for value in read
    ]
    assert any(value is not None for value in read)


def test_a_customer_and_their_browser_count_each_and_have_the_same_orders() -> None:
    people = population()
    keys = [people.key(row) for row in range(len(people))]
    assert len(set(keys)) == len(keys) == 30 + 10 + 10 + 20
    assert sum(people.customers) == 30
    orders = dict(zip(keys, people.read(TRAITS["orders"]).of.tolist(), strict=True))
    assert orders["visitor:hers3"] == orders["customer:c3"] > 0
    assert orders["visitor:looker1"] == 0


def test_what_only_a_page_tells_makes_nobody_a_member_and_nobody_impossible() -> None:
    people = population()
    segment = SEGMENTS.parse("buyer and country == 'DE'")
    assert people.members(segment).sum() == 0
    assert people.possible(segment).sum() == people.members(SEGMENTS.parse("buyer")).sum() == 50
    assert people.members(SEGMENTS.parse("buyer or country == 'DE'")).sum() == 50
    assert people.possible(SEGMENTS.parse("buyer and not country == 'DE'")).sum() == 50


def test_a_shop_of_which_nothing_is_known_has_no_members() -> None:
    nobody = Population.at(Models.empty(), NOW)
    assert (len(nobody), nobody.members(SEGMENTS.parse("new")).tolist()) == (0, [])


def test_every_buyer_who_can_be_compared_is_active_at_risk_or_lost_and_only_one_of_them() -> None:
    people = population()
    states = np.stack([people.members(SEGMENTS.named[name]) for name in ("active", "at_risk", "lost")])
    buyers = people.members(SEGMENTS.named["buyer"])
    assert states.sum(axis=0).tolist() == buyers.astype(int).tolist()
    assert states.any(axis=1).all()

"""The engine's two questions: one list, and all showcases of a page.

Both are pure: the same snapshot, visitor, query and moment give the same answer, byte by byte.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from recommender.configuration import Configuration, Placement
from recommender.engine.answer import Recommendations, Showcase
from recommender.engine.filling import Filling
from recommender.engine.filter import Filter
from recommender.engine.occasions import Occasions
from recommender.engine.page import Page
from recommender.engine.plain import plain
from recommender.engine.question import Question
from recommender.engine.request import Query, Visitor
from recommender.engine.showcases import Showcases
from recommender.engine.situation import Situation
from recommender.engine.snapshot import Snapshot
from recommender.experiments.interleaving import Pairing
from recommender.retention.facts import Facts


def recommend(snapshot: Snapshot, visitor: Visitor, query: Query, now: datetime) -> Recommendations:
    """One list of items; filled as long as enough items may be shown.

    Raises:
        InputError: the query's strategy or limit is not allowed.
    """
    if query.occasion is not None:
        tests = () if query.filter is None else query.filter.tests
        query = replace(query, filter=Filter((*tests, Occasions(snapshot, visitor, now).test(query.occasion))))
    elif (found := plain(snapshot, visitor, query, now)) is not None:
        return found
    filling = Filling(Question.ruled(Situation(snapshot, visitor, now), query))
    filling.own()
    if filling.short and query.occasion is None:
        filling.top_up()
    answer = filling.answer()
    if answer.items or query.category is None:
        return answer
    return recommend(snapshot, visitor, query.anywhere(), now)


def page(
    snapshot: Snapshot,
    visitor: Visitor,
    page: Page,
    placements: Sequence[str] | None,
    now: datetime,
    language: str = "en",
    *,
    explain: bool = False,
    configuration: Configuration | None = None,
    interleaved: Mapping[str, Pairing[Placement]] | None = None,
    facts: Facts | None = None,
) -> list[Showcase]:
    """All showcases of a page; no item stands in two of them.

    Args:
        snapshot: the shop.
        visitor: who looks at the page.
        page: what the page is about.
        placements: ids of the slots to fill, in order; None is all that are configured for such pages. Unknown ids
            are left out: a page with a misspelt slot keeps its others.
        now: the moment.
        language: of titles and reasons.
        explain: whether items carry their scores by source.
        configuration: the snapshot's as this visitor has it; left out: the snapshot's.
        interleaved: placements that show the lists of two variants in one.
        facts: what is known of the visitor, for rules that depend on who it is; left out: found out where one asks.
    """
    situation = Situation(snapshot, visitor, now, facts)
    own = configuration or snapshot.configuration
    slots = Showcases(situation, page, own, language, explain=explain, interleaved=interleaved or {})
    return slots.filled(placements)

"""How large a segment is now, in words that a shop can use before it trusts an expression."""

from itertools import islice
from typing import Any, Final

from recommender.retention.population import Mask, Population
from recommender.retention.segments import Segment

MOST_EXAMPLES: Final = 100


def preview(population: Population, segment: Segment, examples: int = 0) -> dict[str, Any]:
    """Accounts and browsers that meet a segment, as JSON values.

    `at_most` counts also who may meet it on some page: where and with what one will come, only a page can tell.

    Args:
        population: everybody.
        segment: the condition.
        examples: how many ids to name.
    """
    members, possible = population.members(segment), population.possible(segment)
    customers = population.customers
    return {
        "when": segment.when,
        "customers": _counted(members, possible, customers),
        "visitors": _counted(members, possible, ~customers),
        "only_on_page": segment.on_page,
        "examples": [population.key(row) for row in islice(population.rows(members), examples)],
    }


def _counted(members: Mask, possible: Mask, kind: Mask) -> dict[str, Any]:
    known, meet = int(kind.sum()), int((members & kind).sum())
    return {
        "known": known,
        "meet": meet,
        "share": round(meet / known, 6) if known else None,
        "at_most": int((possible & kind).sum()),
    }

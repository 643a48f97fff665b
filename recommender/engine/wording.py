"""A chosen item as it is answered."""

from typing import Any

from recommender.engine.answer import Recommended
from recommender.engine.phrases import reason
from recommender.engine.picks import Pick
from recommender.engine.question import Question


def recommended(pick: Pick, question: Question) -> Recommended:
    """The item with its card, and why it was chosen."""
    table, query = question.snapshot.table, question.query
    why = pick.candidates.why(pick.place)
    values: dict[str, object] = {"number": why.number, "text": why.text}
    if why.item is not None:
        values["title"] = table.title(why.item)
    return Recommended(
        item_id=table.id(pick.row),
        score=round(pick.score, 6),
        reason=reason(why.phrase, query.language, **values),
        source=pick.seat.source if pick.seat is not None else str(pick.candidates.strategy),
        card=table.card(pick.row),
        explanation=_explanation(pick, question) if query.explain else None,
    )


def _explanation(pick: Pick, question: Question) -> dict[str, Any]:
    why = pick.candidates.why(pick.place)
    parts = {name: round(float(scores[pick.place]), 6) for name, scores in pick.candidates.parts.items()}
    explanation: dict[str, Any] = {"strategy": str(pick.candidates.strategy), "scores": parts}
    if why.item is not None:
        explanation["because_of"] = question.snapshot.table.id(why.item)
    if why.number is not None:
        explanation["support"] = why.number
    if rules := _followed(pick, question):
        explanation["rules"] = rules
    if pick.seat is None and (question.query.diversity or question.policy.weights):
        plain = max(float(pick.candidates.scores[pick.place]) * pick.plain_scale, 0.0)
        explanation["score_without_rules"] = round(plain, 6)
    return explanation


def _followed(pick: Pick, question: Question) -> list[dict[str, Any]]:
    """What the rules did to the item: its place, its factors, and the caps that gave way."""
    found = question.policy.touching(pick.row) if pick.seat is None else []
    if pick.seat is not None and pick.seat.rule is not None:
        found.append({"rule": pick.seat.rule, "action": "pin", "place": pick.seat.place})
    for cap in pick.beyond:
        named = {"rule": cap.rule} if cap.rule is not None else {}
        found.append({**named, "action": "max_per", "field": cap.field, "relaxed": True})
    return found

"""Chosen items as they are answered."""

from collections.abc import Callable, Sequence
from typing import Any

from recommender.engine.answer import Items
from recommender.engine.candidates import Reason
from recommender.engine.phrases import reason
from recommender.engine.picks import Pick
from recommender.engine.question import Question


def recommended(picks: Sequence[Pick], question: Question) -> Items:
    """The items with their cards, and why they were chosen; what several have in common is worded once."""
    reasons = _reasons(picks)
    said = {why: worded(why, question.situation.title, question.query.language) for why in set(reasons)}
    told = (
        [_explanation(*one, question) for one in zip(picks, reasons, strict=True)] if question.query.explain else None
    )
    return Items(
        question.snapshot.table.documents([pick.row for pick in picks]),
        [round(pick.score, 6) for pick in picks],
        [said[why] for why in reasons],
        [str(pick.candidates.strategy) if pick.seat is None else pick.seat.source for pick in picks],
        told,
    )


def worded(why: Reason, title: Callable[[int], str], language: str) -> str:
    """A reason in words.

    Args:
        why: the reason.
        title: what shoppers call the item in a row.
        language: of the words.
    """
    values: dict[str, object] = {"number": why.number, "text": why.text}
    if why.item is not None:
        values["title"] = title(why.item)
    return reason(why.phrase, language, **values)


def _reasons(picks: Sequence[Pick]) -> list[Reason]:
    """Of each pick; every source is asked once for all that it gave."""
    if not picks:
        return []
    first = picks[0].candidates
    if all(pick.candidates is first for pick in picks):
        return list(first.why([pick.place for pick in picks]))
    found: dict[int, Reason] = {}
    sources = {id(pick.candidates): pick.candidates for pick in picks}
    for source in sources.values():
        numbers = [number for number, pick in enumerate(picks) if pick.candidates is source]
        found.update(zip(numbers, source.why([picks[number].place for number in numbers]), strict=True))
    return [found[number] for number in range(len(picks))]


def _explanation(pick: Pick, why: Reason, question: Question) -> dict[str, Any]:
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

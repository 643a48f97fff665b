"""Chosen items as they are answered."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from recommender.engine.answer import Recommended
from recommender.engine.candidates import Reason
from recommender.engine.phrases import reason
from recommender.engine.picks import Pick
from recommender.engine.question import Question


def recommended(picks: Sequence[Pick], question: Question) -> list[Recommended]:
    """The items with their cards, and why they were chosen; what several have in common is worded once."""
    reasons = _reasons(picks)
    said = {why: _said(why, question) for why in set(reasons)}
    sources = {strategy: str(strategy.value) for strategy in {pick.candidates.strategy for pick in picks}}
    entries = question.snapshot.table.entries(np.array([pick.row for pick in picks], np.int32))
    explain = question.query.explain
    return [
        Recommended(
            id_,
            round(pick.score, 6),
            said[why],
            sources[pick.candidates.strategy] if pick.seat is None else pick.seat.source,
            document,
            _explanation(pick, why, question) if explain else None,
        )
        for pick, why, (id_, document) in zip(picks, reasons, entries, strict=True)
    ]


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


def _said(why: Reason, question: Question) -> str:
    values: dict[str, object] = {"number": why.number, "text": why.text}
    if why.item is not None:
        values["title"] = question.situation.title(why.item)
    return reason(why.phrase, question.query.language, **values)


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

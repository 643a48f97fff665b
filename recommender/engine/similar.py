"""Items like the seeds: what the same people looked at or bought, and what is described alike."""

from collections.abc import Iterator, Sequence

import numpy as np

from recommender.engine.blending import COLUMNS, CONTENT, NO_LISTS, NO_NEAR, NOTHING_TOLD, Told, blend_similar
from recommender.engine.candidates import Candidates, Reason, Scores
from recommender.engine.nearness import Nearest, nearest
from recommender.engine.phrases import Phrase
from recommender.engine.question import Question
from recommender.engine.snapshot import Snapshot
from recommender.models.compiling import sealed
from recommender.strategy import Strategy
from recommender.vocabulary import Rows

SOURCES = ("views", "purchases", "factors", "content")
"""In the order of a blend's columns."""
PHRASES = (Phrase.ALSO_VIEWED, Phrase.ALSO_BOUGHT, Phrase.ALSO_CHOSEN, Phrase.ALIKE)


def similar(question: Question) -> Iterator[Candidates]:
    """Candidates for `similar`, from all seeds together."""
    snapshot, seeds = question.snapshot, question.seeds
    rows, scores, strongest, due, columns = blend_similar(seeds, snapshot.bonds.alike, told(snapshot, seeds))

    def why(places: Sequence[int]) -> list[Reason]:
        found = zip(strongest[places].tolist(), due[places].tolist(), strict=True)
        return [Reason(PHRASES[source], seed) for source, seed in found]

    yield Candidates(Strategy.SIMILAR, rows, scores, why, _parts(question, columns), by_row=True)


def begun(question: Question) -> Candidates | None:
    """The first of :func:`similar`, from what was blended ahead; None where that may put others first, or is not kept.

    A list that they do not fill has to be begun anew with all of them.
    """
    query, snapshot = question.query, question.snapshot
    if len(question.seeds) != 1 or query.diversity or query.explain or question.policy.weights:
        return None
    seed = int(question.seeds[0])
    found = snapshot.kin.beginnings.of(seed)
    newer = len(snapshot.table) > len(snapshot.models.items)  # which may lie nearer: they are compared once, not twice
    if found is None or newer or told(snapshot, question.seeds) is not NOTHING_TOLD:
        return None
    rows, scores, sources = found

    def why(places: Sequence[int]) -> list[Reason]:
        reasons = [Reason(phrase, seed) for phrase in PHRASES]
        return [reasons[source] for source in sources[places].tolist()]

    return Candidates(Strategy.SIMILAR, rows, scores, why, by_row=True)


def of_that_kind(question: Question) -> Iterator[Candidates]:
    """Of a list that asks for items of some kind: those of the kind that lie nearest, however far that is.

    The filter goes into the search, since of what lies nearest to the seeds hardly anything may pass it.
    """
    snapshot, seeds = question.snapshot, question.seeds
    index = snapshot.models.content_index
    if not question.narrow or index is None:
        return
    flags = question.narrowed[: len(snapshot.models.items)]
    found = [
        (place, CONTENT, *nearest(index, vector, seed, flags))
        for place, seed in enumerate(seeds.tolist())
        if (vector := snapshot.content_vector(seed)) is not None
    ]
    unlisted = snapshot.bonds.alike._replace(
        views=NO_LISTS, purchases=NO_LISTS, factors=NO_NEAR, content=NO_NEAR, disbelief=0.0
    )
    rows, scores, _, due, columns = blend_similar(seeds, unlisted, _laid_out(found))

    def why(places: Sequence[int]) -> list[Reason]:
        return [Reason(Phrase.ALIKE, seed) for seed in due[places].tolist()]

    yield Candidates(Strategy.SIMILAR, rows, scores, why, _parts(question, columns), by_row=True)


def _parts(question: Question, columns: Scores) -> dict[str, Scores]:
    """What each source said, of those that said anything, for who wants it explained."""
    if not question.query.explain:
        return {}
    parts = {SOURCES[column]: columns[:, column] for column in range(COLUMNS)}
    return {source: part for source, part in parts.items() if part.any()}


def told(snapshot: Snapshot, seeds: Rows) -> Told:
    """What the lists do not hold: neighbours of seeds without a list, and items that came after the artifact."""
    models, newer = snapshot.models, len(snapshot.table) > len(snapshot.models.items)
    found: list[tuple[int, int, Rows, Scores]] = []
    for place, seed in enumerate(seeds.tolist()):
        for column, lists in ((2, models.near_factors), (CONTENT, models.near_content)):
            if lists is None or seed >= len(lists):
                found.append((place, column, *_searched(snapshot, SOURCES[column], seed)))
        if newer and (vector := snapshot.content_vector(seed)) is not None:
            found.append((place, CONTENT, *_newer(snapshot, vector, seed)))
    return _laid_out(found) if found else NOTHING_TOLD


def _searched(snapshot: Snapshot, source: str, seed: int) -> Nearest:
    """What an index finds, now that somebody asks."""
    models = snapshot.models
    if seed < len(models.items):
        return snapshot.nearest(source, seed)
    vector = snapshot.content_vector(seed) if source == "content" else None
    if vector is None or models.content_index is None:
        return np.empty(0, np.int32), np.empty(0, np.float32)
    return nearest(models.content_index, vector, seed)


def _laid_out(told: Sequence[tuple[int, int, Rows, Scores]]) -> Told:
    sizes = [len(rows) for _, _, rows, _ in told]
    nothing = np.empty(0, np.int32), np.empty(0, np.float32)
    return Told(
        sealed(np.repeat([place for place, *_ in told], sizes).astype(np.int32)),
        sealed(np.repeat([column for _, column, *_ in told], sizes).astype(np.int32)),
        sealed(np.concatenate([nothing[0], *(rows for _, _, rows, _ in told)])),
        sealed(np.concatenate([nothing[1], *(scores for *_, scores in told)])),
    )


def _newer(snapshot: Snapshot, vector: Scores, seed: int) -> Nearest:
    rows = snapshot.table.newer_rows()
    scores = snapshot.newer_vectors @ vector if len(rows) else np.empty(0, np.float32)
    kept = (rows != seed) & (scores > 0)
    return rows[kept], scores[kept] ** 2

"""The session model: all sources, the blend, and a learned order for each of two jobs.

What somebody wants to see again and what they have yet to discover are different questions, with a ranker each.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from pydantic import BaseModel, Field, NonNegativeFloat, PositiveInt

from recommender.errors import ArtifactError
from recommender.models.affinity import EVENT_INTEREST
from recommender.models.arrays import ByteArray, FloatArray, IntArray, LongArray, load_arrays, save_arrays
from recommender.models.compiling import compiled, sealed
from recommender.models.interactions import PURCHASE
from recommender.models.sessions.encoder import ARRAYS, EncoderConfig, SessionEncoder
from recommender.models.sessions.facts import facts
from recommender.models.sessions.features import COUNT, Facts, describe
from recommender.models.sessions.index import SessionIndex, SessionIndexConfig
from recommender.models.sessions.pool import BLEND, Settings, Sources
from recommender.models.sessions.proposing import best, dot, propose
from recommender.models.sessions.ranker import NO_RANKERS, LambdaRanker, RankerConfig, Rankers
from recommender.models.sessions.steps import Sessions
from recommender.models.sessions.transitions import TransitionConfig, TransitionModel
from recommender.models.sessions.trees import NO_TREES, Trees, evaluate

MAX_LENGTH = 50
"""Latest steps of a session that are looked at."""


class SessionConfig(BaseModel, extra="forbid", frozen=True):
    """Settings for :meth:`SessionModel.fit` and for how its sources are asked."""

    index: SessionIndexConfig = SessionIndexConfig()
    transitions: TransitionConfig = TransitionConfig()
    encoder: EncoderConfig = EncoderConfig()
    ranker: RankerConfig = RankerConfig()
    neighbours: PositiveInt = 300
    """Sessions that count as neighbours."""
    position_decay: NonNegativeFloat = 0.5
    """How much less each earlier step counts for neighbours."""
    distance_decay: NonNegativeFloat = 0.4
    """How much less items count further from what both sessions share."""
    walk_decay: NonNegativeFloat = 0.7
    """How much less each earlier step counts for the walk."""
    neighbour_share: NonNegativeFloat = 0.25
    """Of the blend."""
    walk_share: NonNegativeFloat = 0.1
    """Of the blend."""
    encoder_share: NonNegativeFloat = 0.65
    """Of the blend."""
    candidates: PositiveInt = 120
    """Best blended candidates that the ranker orders."""
    min_sessions: PositiveInt = 1000
    """Fewer sessions carry no session model ..."""
    min_examples: PositiveInt = 5000
    """... and fewer steps in the held-back sessions no ranker."""
    max_examples: PositiveInt = 30_000
    """Steps of the held-back sessions that a ranker learns from at most."""
    ranker_share: float = Field(0.12, gt=0, lt=0.5)
    """Latest sessions that the sources leave to the ranker, before they are fitted to everything."""
    validation_share: float = Field(0.04, gt=0, lt=0.5)
    """Still later ones on which the ranker must beat the blend."""

    def seeded(self, seed: int) -> Self:
        """The same settings with another seed for everything random."""
        parts = {name: getattr(self, name).model_copy(update={"seed": seed}) for name in ("encoder", "ranker")}
        return self.model_copy(update=parts)

    @property
    def settings(self) -> Settings:
        """What the compiled search needs."""
        return Settings(
            np.float32(self.encoder.sharpness),
            np.float32(self.position_decay),
            np.float32(self.distance_decay),
            self.neighbours,
            np.float32(self.walk_decay),
            np.float32(self.neighbour_share),
            np.float32(self.walk_share),
            np.float32(self.encoder_share),
        )


class Ranked(NamedTuple):
    """Candidates, best first."""

    rows: IntArray
    scores: FloatArray
    """From 1 for the best down to 0."""


@dataclass(frozen=True, eq=False)
class SessionModel:
    """What comes next in a session."""

    index: SessionIndex
    transitions: TransitionModel
    encoder: SessionEncoder
    popularity: FloatArray
    trend: FloatArray
    repeat_rate: FloatArray
    age: FloatArray
    prices: FloatArray
    categories: IntArray
    config: SessionConfig
    rankers: Rankers = NO_RANKERS

    def __len__(self) -> int:
        return len(self.popularity)

    @classmethod
    def fit_sources(
        cls, sessions: Sessions, config: SessionConfig, *, prices: FloatArray, categories: IntArray
    ) -> Self:
        """Fit everything but the rankers."""
        return cls(
            index=SessionIndex.fit(sessions, config.index),
            transitions=TransitionModel.fit(sessions, config.transitions),
            encoder=SessionEncoder.fit(sessions, config.encoder),
            config=config,
            **facts(sessions, prices, categories)._asdict(),
        )

    @cached_property
    def sources(self) -> Sources:
        """The arrays that are searched."""
        parts = (*_values(self.index), *_values(self.transitions), *_values(self.encoder)[: len(ARRAYS)])
        return Sources(*map(sealed, parts))

    @cached_property
    def facts(self) -> Facts:
        """What is known of each item."""
        return Facts(*(sealed(getattr(self, name)) for name in Facts._fields))

    @cached_property
    def settings(self) -> Settings:
        """How the sources are searched."""
        return self.config.settings

    def rank(self, steps: IntArray, events: ByteArray, *, discover: bool) -> Ranked:
        """What comes after `steps`, the oldest first; with `discover` only what is not among them."""
        steps, events = _latest(steps, events)
        if not len(steps):
            return Ranked(np.empty(0, np.int32), np.empty(0, np.float32))
        ranker = self.rankers.discovery if discover else self.rankers.again
        rows, scores = answer(
            steps, events, strengths(events), self.sources, self.facts, self.settings, self.config.candidates,
            discover, ranker.trees if ranker else NO_TREES,
        )  # fmt: skip
        return Ranked(rows, scores)

    def witness(self, row: int, steps: IntArray) -> int:
        """Place of the step that speaks most for the item in `row`, by likeness and recency; -1 if none does."""
        return witness(row, steps, self.sources.vectors, self.settings.walk_decay)

    def save(self, folder: Path) -> None:
        """Write every part below `folder`."""
        parts = {name: getattr(self, name) for name in PARTS}
        rankers = {name: ranker for name, ranker in self.rankers._asdict().items() if ranker is not None}
        for name, part in (parts | rankers).items():
            part.save(folder / name)
        save_arrays(folder, **self.facts._asdict())
        document = {"config": self.config.model_dump(mode="json"), "rankers": [*rankers]}
        (folder / "sessions.json").write_text(json.dumps(document, indent=2, sort_keys=True))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        try:
            document = json.loads((folder / "sessions.json").read_text())
            config, rankers = SessionConfig.model_validate(document["config"]), document["rankers"]
        except (OSError, ValueError, KeyError) as error:
            raise ArtifactError(f"sessions.json in {folder} cannot be read: {error}") from None
        model = cls(
            index=SessionIndex.load(folder / "index"),
            transitions=TransitionModel.load(folder / "transitions"),
            encoder=SessionEncoder.load(folder / "encoder"),
            config=config,
            **dict(zip(Facts._fields, load_arrays(folder, *Facts._fields), strict=True)),
            rankers=Rankers(**{name: LambdaRanker.load(folder / name) for name in rankers}),
        )
        model.warm()
        return model

    def warm(self) -> None:
        """Answer once: machine code is fetched, or made, before anybody waits for it."""
        if len(self):
            one = np.zeros(1, np.int32)
            for discover in (False, True):
                self.rank(one, np.ones(1, np.uint8), discover=discover)
            self.witness(0, one)


PARTS = ("index", "transitions", "encoder")


def strengths(events: ByteArray) -> FloatArray:
    """How much each step counts by its event."""
    weights: FloatArray = EVENT_INTEREST[np.minimum(events, PURCHASE)]
    return weights


@compiled
def answer(
    steps: IntArray,
    events: ByteArray,
    strength: FloatArray,
    sources: Sources,
    facts: Facts,
    settings: Settings,
    most: int,
    discover: bool,
    trees: Trees,
) -> tuple[IntArray, FloatArray]:
    """Rows and scores of the candidates, best first."""
    rows, columns, _ = propose(steps, strength, sources, settings)
    chosen = best(columns, allowed(rows, steps, discover), most)
    values = columns[:, BLEND][chosen].astype(np.float64)
    if len(trees.roots) and len(chosen):
        lines = np.empty((len(chosen), COUNT), np.float32)
        describe(rows, columns, chosen, steps, events, sources, facts, lines)
        evaluate(trees, lines, values)
        values = np.exp(values - values.max())
    elif len(chosen):
        values /= values.max() + 1e-12
    order = np.argsort(-values, kind="mergesort")
    return rows[chosen[order]], values[order].astype(np.float32)


@compiled
def witness(row: int, steps: IntArray, vectors: FloatArray, fading: np.float32) -> int:
    """Place of the step that speaks most for the item in `row`; the item itself is its own best witness."""
    strongest, found = np.float32(0), -1
    for back in range(len(steps)):
        place = len(steps) - 1 - back
        if steps[place] == row:
            return place
        bond = np.exp(-fading * back) * dot(vectors[steps[place]], vectors[row])
        if bond > strongest:
            strongest, found = bond, place
    return found


@compiled
def allowed(rows: IntArray, steps: IntArray, discover: bool) -> LongArray:
    """Places of the candidates that may be shown."""
    kept = np.empty(len(rows), np.int64)
    count = 0
    for place in range(len(rows)):
        met = False
        if discover:
            for step in steps:
                met = met or step == rows[place]
        if not met:
            kept[count] = place
            count += 1
    return kept[:count]


def _latest(steps: IntArray, events: ByteArray) -> tuple[IntArray, ByteArray]:
    """The latest steps as the compiled code wants them."""
    return (
        np.ascontiguousarray(steps[-MAX_LENGTH:], np.int32),
        np.ascontiguousarray(events[-MAX_LENGTH:], np.uint8),
    )


def _values(part: SessionIndex | TransitionModel | SessionEncoder) -> list[IntArray]:
    return [getattr(part, name) for name in part.__dataclass_fields__]

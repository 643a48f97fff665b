"""The session model: all sources, the blend, and a learned order for each of two jobs.

What somebody wants to see again and what they have yet to discover are different questions, with a ranker each.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from recommender.errors import ArtifactError
from recommender.models.arrays import ByteArray, FloatArray, IntArray, load_arrays, save_arrays
from recommender.models.compiling import sealed
from recommender.models.sessions.answering import MAX_LENGTH, answer, strengths, witnesses
from recommender.models.sessions.config import SessionConfig
from recommender.models.sessions.encoder import ARRAYS, SessionEncoder
from recommender.models.sessions.facts import facts
from recommender.models.sessions.features import Facts
from recommender.models.sessions.index import SessionIndex
from recommender.models.sessions.pool import Settings, Sources
from recommender.models.sessions.ranker import NO_RANKERS, LambdaRanker, Rankers
from recommender.models.sessions.steps import Sessions
from recommender.models.sessions.transitions import TransitionModel
from recommender.models.sessions.trees import NO_TREES


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

    def witnesses(self, rows: IntArray, steps: IntArray) -> IntArray:
        """Of each of `rows` the place of the step that speaks most for it, by likeness and recency; -1 if none does."""
        latest = np.ascontiguousarray(steps, np.int32)
        return witnesses(np.ascontiguousarray(rows, np.int32), latest, self.sources.vectors, self.settings.walk_decay)

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
            self.witnesses(one, one)


PARTS = ("index", "transitions", "encoder")


def _latest(steps: IntArray, events: ByteArray) -> tuple[IntArray, ByteArray]:
    """The latest steps as the compiled code wants them."""
    return (
        np.ascontiguousarray(steps[-MAX_LENGTH:], np.int32),
        np.ascontiguousarray(events[-MAX_LENGTH:], np.uint8),
    )


def _values(part: SessionIndex | TransitionModel | SessionEncoder) -> list[IntArray]:
    return [getattr(part, name) for name in part.__dataclass_fields__]

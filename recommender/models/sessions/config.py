"""Settings of the session model."""

from typing import Self

import numpy as np
from pydantic import BaseModel, Field, NonNegativeFloat, PositiveInt

from recommender.models.sessions.encoder import EncoderConfig
from recommender.models.sessions.index import SessionIndexConfig
from recommender.models.sessions.pool import Settings
from recommender.models.sessions.ranker import RankerConfig
from recommender.models.sessions.transitions import TransitionConfig


class SessionConfig(BaseModel, extra="forbid", frozen=True):
    """Settings for fitting a session model and for how its sources are asked."""

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

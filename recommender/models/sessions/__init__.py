"""Sessions: what comes next, from those that went before."""

from recommender.models.sessions.config import SessionConfig
from recommender.models.sessions.encoder import EncoderConfig, SessionEncoder
from recommender.models.sessions.fitting import fit_rankers, fit_sessions
from recommender.models.sessions.index import SessionIndex, SessionIndexConfig
from recommender.models.sessions.model import Ranked, SessionModel
from recommender.models.sessions.ranker import LambdaRanker, RankerConfig, Rankers
from recommender.models.sessions.steps import Prefixes, Sessions
from recommender.models.sessions.transitions import TransitionConfig, TransitionModel

__all__ = [
    "EncoderConfig",
    "LambdaRanker",
    "Prefixes",
    "Ranked",
    "RankerConfig",
    "Rankers",
    "SessionConfig",
    "SessionEncoder",
    "SessionIndex",
    "SessionIndexConfig",
    "SessionModel",
    "Sessions",
    "TransitionConfig",
    "TransitionModel",
    "fit_rankers",
    "fit_sessions",
]

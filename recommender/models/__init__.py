"""Fitted models: frozen values, saved as arrays and opened by memory map."""

from recommender.models.affinity import affinity, interest
from recommender.models.bought_together import BoughtTogetherConfig
from recommender.models.content import ContentConfig, ContentModel
from recommender.models.factors import FactorConfig, FactorModel
from recommender.models.histories import History, HistoryConfig, HistoryModel, Purchases
from recommender.models.index import ExactIndex, FaissIndex, ItemIndex, Metric
from recommender.models.interactions import EVENT_CODES, EVENT_NAMES, Interactions
from recommender.models.models import Models
from recommender.models.neighbours import NeighbourConfig, NeighbourModel, Neighbours
from recommender.models.popularity import PopularityConfig, PopularityModel
from recommender.models.taste import TasteConfig, TasteModel

__all__ = [
    "EVENT_CODES",
    "EVENT_NAMES",
    "BoughtTogetherConfig",
    "ContentConfig",
    "ContentModel",
    "ExactIndex",
    "FactorConfig",
    "FactorModel",
    "FaissIndex",
    "History",
    "HistoryConfig",
    "HistoryModel",
    "Interactions",
    "ItemIndex",
    "Metric",
    "Models",
    "NeighbourConfig",
    "NeighbourModel",
    "Neighbours",
    "PopularityConfig",
    "PopularityModel",
    "Purchases",
    "TasteConfig",
    "TasteModel",
    "affinity",
    "interest",
]

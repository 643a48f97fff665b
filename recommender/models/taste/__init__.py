"""Taste: for each item the items that the same people choose, through direct bonds and through a filter of the graph.

Two views of one matrix X of people by items (1: chosen) are added up. The item-item family counts who chose both
items; the filter (:mod:`~recommender.models.taste.filtered`) also joins items that nobody chose together. Which of them
suits a shop is decided by choices that its people made later (:mod:`~recommender.models.taste.choosing`).
"""

from recommender.models.taste.choosing import choose
from recommender.models.taste.config import NORMALISED, PLAIN, Filter, TasteConfig
from recommender.models.taste.model import TasteModel

__all__ = ["NORMALISED", "PLAIN", "Filter", "TasteConfig", "TasteModel", "choose"]

"""Looking up, once and for all, what lies nearest to each item."""

from dataclasses import replace
from typing import Any

from recommender.models.models import Models
from recommender.models.nearest import NearestModel
from training.planning import Progress, Step
from training.scratch import Scratch


def listed(models: Models, report: Progress, scratch: Scratch) -> Models:
    """The models with a list of the nearest items for every item that their indexes hold.

    Args:
        models: what was fitted.
        report: told how much is done.
        scratch: where finished lists are kept.
    """
    sources = {
        "near_factors": (models.factors, models.factor_index),
        "near_content": (models.content, models.content_index),
    }
    lists: dict[str, Any] = {}
    for name, (model, index) in sources.items():
        done = len(lists)

        def told(share: float, done: int = done) -> None:
            report(Step.LIST, (done + share) / len(sources))

        found = None if model is None or index is None else NearestModel.fit(model.vectors, index, told)
        lists[name] = scratch.put(name, found)
    return replace(models, **lists)

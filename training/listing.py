"""Looking up, once and for all, what lies nearest to each item."""

from dataclasses import replace

from recommender.models.models import Models
from recommender.models.nearest import NearestModel
from training.planning import Progress, Step


def listed(models: Models, report: Progress) -> Models:
    """The models with a list of the nearest items for every item that their indexes hold."""
    sources = (models.factors, models.factor_index), (models.content, models.content_index)
    lists: list[NearestModel | None] = []
    for model, index in sources:
        done = len(lists)

        def told(share: float, done: int = done) -> None:
            report(Step.LIST, (done + share) / len(sources))

        lists.append(None if model is None or index is None else NearestModel.fit(model.vectors, index, told))
    near_factors, near_content = lists
    return replace(models, near_factors=near_factors, near_content=near_content)

"""Everything that was fitted for one shop."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from recommender.errors import ArtifactError
from recommender.forgotten import Forgotten
from recommender.models.affinity import affinity
from recommender.models.arrays import FloatArray, IntArray
from recommender.models.content import ContentModel
from recommender.models.customers import CustomerModel
from recommender.models.factors import FactorModel
from recommender.models.gates import Gates
from recommender.models.histories import HistoryModel
from recommender.models.identifiers import StoredIds, stored
from recommender.models.index import ItemIndex, load_index
from recommender.models.intent.course import FEATURES
from recommender.models.intent.model import IntentModel
from recommender.models.nearest import NearestModel
from recommender.models.neighbours import NeighbourModel
from recommender.models.newcomers import NewcomerModel
from recommender.models.popularity import PopularityModel
from recommender.models.replenishment import ReplenishmentModel
from recommender.models.sessions.model import SessionModel
from recommender.models.taste import TasteModel
from recommender.strategy import State, Status, Strategy
from recommender.vocabulary import Vocabulary


class Saved(Protocol):
    """A model that can be written to a folder."""

    def save(self, folder: Path) -> None:
        """Write it below `folder`."""


@dataclass(frozen=True, eq=False)
class Models:
    """The fitted models of one shop; a model is missing where the log does not carry it."""

    items: Vocabulary
    """Row order of every model: the items of the log and of the catalogue."""
    popularity: PopularityModel
    data_end: datetime
    """What ages and decay count from."""
    status: Mapping[Strategy, Status] = field(default_factory=dict)
    views: NeighbourModel | None = None
    """Items that came up in the same sessions."""
    purchases: NeighbourModel | None = None
    """Items that the same people bought."""
    bought_together: NeighbourModel | None = None
    """Items of the same orders."""
    taste: TasteModel | None = None
    """Items that people of the same taste choose."""
    completion: NeighbourModel | None = None
    """What each item of a basket adds to the chances of others."""
    factors: FactorModel | None = None
    content: ContentModel | None = None
    factor_index: ItemIndex | None = None
    """Cosine over `factors.vectors`."""
    content_index: ItemIndex | None = None
    """Cosine over `content.vectors`."""
    near_factors: NearestModel | None = None
    """What `factor_index` finds for each item; without lists it is asked when somebody asks."""
    near_content: NearestModel | None = None
    """The same of `content_index`."""
    newcomers: NewcomerModel | None = None
    """Where items without a history belong among `factors.vectors`."""
    histories: HistoryModel | None = None
    customers: CustomerModel | None = None
    """What everybody who ordered is to the shop, for segments."""
    sessions: SessionModel | None = None
    """What comes next in a session."""
    gates: Gates | None = None
    """Whom campaigns make their offers."""
    intent: IntentModel | None = None
    """How likely a visit ends with an order."""
    replenishment: ReplenishmentModel | None = None
    """After how long items are bought again."""

    @classmethod
    def empty(cls, data_end: datetime = datetime(1970, 1, 1, tzinfo=UTC)) -> Self:
        """What is known of a shop that has told nothing."""
        floats, ints = np.empty(0, np.float32), np.empty(0, np.int32)
        nothing = Status(State.INSUFFICIENT, "no model has been trained yet")
        popularity = PopularityModel(floats, floats, floats, floats, ints, ints)
        return cls(Vocabulary([]), popularity, data_end, dict.fromkeys(Strategy, nothing))

    @property
    def names(self) -> list[str]:
        """Names of the models that there are."""
        return [name for name in MODELS if getattr(self, name) is not None]

    def person(self, visitor_id: str | None, customer_id: str | None) -> int | None:
        """The row of a person among `histories`; None when nobody is known by these ids."""
        return None if self.histories is None else self.histories.person(visitor_id=visitor_id, customer_id=customer_id)

    @property
    def bonds(self) -> NeighbourModel | None:
        """Those between items of one taste."""
        return None if self.taste is None else self.taste.bonds

    @property
    def recalls(self) -> dict[str, float]:
        """What each index finds of the 100 nearest items, beside the exact one, and what of them the lists hold."""
        indexes = {name: getattr(self, name) for name in INDEXES}
        return {name: index.recall for name, index in indexes.items() if index is not None}

    def affinity(self, rows: IntArray, weights: FloatArray) -> FloatArray:
        """How much a person who chose `rows` is drawn to each item: `for_you`, for anybody and from the first click.

        Args:
            rows: items of the person's history and session, in any order.
            weights: how much each counts; see `interest`.
        """
        return affinity(self, rows, weights)

    def without(self, forgotten: Forgotten) -> Self:
        """The same models without what they hold of persons who are to be forgotten; itself where that is nothing.

        What others did with the same items stays: counts and vectors of items tell nothing of a person.
        """
        changed = {
            name: fresh
            for name in OF_PEOPLE
            if (model := getattr(self, name)) is not None and (fresh := model.without(forgotten)) is not model
        }
        return replace(self, **changed) if changed else self

    def save(self, folder: Path) -> None:
        """Write every model to its own folder below `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        stored(self.items).save(folder / ITEMS)
        (folder / "models.json").write_text(json.dumps(self._description(), indent=2, sort_keys=True), "utf-8")
        for name in self.names:
            model: Saved = getattr(self, name)
            model.save(folder / name)

    def _description(self) -> dict[str, object]:
        return {
            "data_end": self.data_end.isoformat(),
            "status": {name.value: [status.state.value, status.reason] for name, status in self.status.items()},
            "models": self.names,
        }

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote; arrays stay in their files.

        Raises:
            ArtifactError: a file is missing or cannot be read.
        """
        try:
            items = StoredIds.load(folder / ITEMS).vocabulary
            description = json.loads((folder / "models.json").read_text("utf-8"))
            kept: dict[str, Any] = {name: load(name, folder) for name in description["models"]}
            status = {Strategy(name): Status(State(state), why) for name, (state, why) in description["status"].items()}
            return cls(items=items, data_end=datetime.fromisoformat(description["data_end"]), status=status, **kept)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ArtifactError(f"{folder} does not hold a shop's models: {error}") from None


ITEMS = "items"
"""Folder of the vocabulary."""
MODELS = (
    "views", "purchases", "bought_together", "completion", "taste", "factors", "content",
    "factor_index", "content_index", "near_factors", "near_content", "popularity", "newcomers", "histories",
    "customers", "sessions", "gates", "intent", "replenishment",
)  # fmt: skip

OF_PEOPLE = ("histories", "customers")
"""Models with rows of single persons; all others are of items, or of what many have in common."""
INDEXES = ("factor_index", "content_index", "near_factors", "near_content")


def load(name: str, folder: Path) -> Any:
    """Open one of the :data:`MODELS` that was saved below `folder`, by its name."""
    loaders: dict[str, Callable[[Path], Saved]] = {
        "taste": TasteModel.load,
        "factors": FactorModel.load,
        "content": ContentModel.load,
        "factor_index": load_index,
        "content_index": load_index,
        "near_factors": NearestModel.load,
        "near_content": NearestModel.load,
        "popularity": PopularityModel.load,
        "newcomers": NewcomerModel.load,
        "histories": HistoryModel.load,
        "customers": CustomerModel.load,
        "sessions": SessionModel.load,
        "gates": Gates.load,
        "replenishment": ReplenishmentModel.load,
        "intent": lambda folder: IntentModel.load(folder, FEATURES),
    }
    return loaders.get(name, NeighbourModel.load)(folder / name)

"""What one of each costs, as measured; the file says where each figure comes from."""

from importlib import resources
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, ValidationError

from recommender.errors import ConfigurationError

FILE = "costs.json"
UNITS = {"MB": 1e6, "kB": 1e3, "B": 1.0, "s": 1.0, "ms": 1e-3}


class Cost(BaseModel, extra="forbid", frozen=True):
    """One figure."""

    value: NonNegativeFloat
    unit: Literal["MB", "kB", "B", "s", "ms"]
    source: str
    """What measured it, or what it is assumed from."""

    def of(self, count: float = 1) -> float:
        """What so many cost, in bytes or seconds."""
        return self.value * UNITS[self.unit] * count


class Costs(BaseModel):
    """All figures; see each for what it multiplies."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    machine: str
    """On which they were measured, and when."""
    worker: Cost
    """Memory of a worker that holds all that it makes once, and no shop."""
    shop: Cost
    """Memory that an open shop adds, however small."""
    item: Cost
    """Memory that each item of an open shop adds."""
    item_kept: Cost
    """The same where the catalogue's table lies in files, as that of a large shop does."""
    files_shop: Cost
    """Files of a model, however small; processes of a host share them."""
    files_item: Cost
    """Files of a model for each item."""
    files_event: Cost
    """Files of a model for each event that it learned from."""
    log_event: Cost
    """The event log for each event."""
    logged_page: Cost
    """The event log for each page that is logged to be answered again."""
    records_item: Cost
    """PostgreSQL for each item of the catalogue, indexes included."""
    state_visitor: Cost
    """Redis for each visitor."""
    state_event: Cost
    """Redis for each event of a visitor's last 30 days."""
    page: Cost
    """Processor time of a page with three showcases."""
    event: Cost
    """Processor time of an event, told in batches of ten."""
    training: Cost
    """Memory of a training, however small the shop."""
    training_item: Cost
    """Memory of a training for each item."""
    training_event: Cost
    """Memory of a training for each event of the log."""
    training_time: Cost
    """Processor time of a training, however small the shop."""
    training_time_item: Cost
    """Processor time of a training for each item."""
    training_time_event: Cost
    """Processor time of a training for each event of the log."""

    @classmethod
    def read(cls, path: Path | None = None) -> Self:
        """The figures of a file; those that come with Vitrine if none is named.

        Raises:
            ConfigurationError: the file cannot be read, or a figure is missing or wrong; it is named.
        """
        try:
            text = resources.files(__package__).joinpath(FILE).read_text("utf-8") if path is None else path.read_text()
            return cls.model_validate_json(text)
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be read: {error}") from None
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise ConfigurationError(f"{path or FILE}: {place}: {first['msg']}") from None

    def document(self) -> str:
        """The figures as they are kept."""
        return self.model_dump_json(indent=2) + "\n"

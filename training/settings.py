"""Settings of the offline commands, read from the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from recommender.records import Records
from recommender.sealing import LEAST_RECALL
from recommender.workspace import Workspace


class Settings(BaseSettings):
    """Values of the variables `VITRINE_*`."""

    model_config = SettingsConfigDict(env_prefix="VITRINE_", frozen=True, extra="ignore")

    home: Path = Path("var")
    """Folder of everything that Vitrine keeps: logs, models, and records when no database is named."""
    database_url: str | None = None
    """SQLAlchemy URL of the records; without it they are a SQLite file in `home`."""

    store: str | None = None
    """URL of where models, and a copy of the log, are kept for all hosts; without it they are in `home` only."""

    least_recall: float = Field(LEAST_RECALL, ge=0, le=1)
    """What an index must find of the 100 nearest items for its model to be published."""

    webhooks_internal: bool = False
    """Whether audiences may be sent to addresses inside the operator's network, and without encryption."""

    def workspace(self) -> Workspace:
        """The paths below `home`."""
        return Workspace(self.home, self.store)

    def records(self) -> Records:
        """The records, opened; whoever asks closes them."""
        workspace = self.workspace()
        workspace.home.mkdir(parents=True, exist_ok=True)
        return Records.open(self.database_url or workspace.records_url)

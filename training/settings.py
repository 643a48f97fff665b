"""Settings of the offline commands, read from the environment."""

from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from recommender.records import Records
from recommender.sealing import LEAST_RECALL
from recommender.workspace import ShopFolder, Workspace


class Settings(BaseSettings):
    """Values of the variables `VITRINE_*`."""

    model_config = SettingsConfigDict(env_prefix="VITRINE_", frozen=True, extra="ignore")

    home: Path = Path("var")
    """Folder of everything that Vitrine keeps: logs, models, and records when no database is named."""
    database_url: str | None = None
    """SQLAlchemy URL of the records; without it they are a SQLite file in `home`."""

    store: str | None = None
    """URL of where models and the log are kept for all hosts; without it they are in `home` only."""

    least_recall: float = Field(LEAST_RECALL, ge=0, le=1)
    """What an index must find of the 100 nearest items for its model to be published."""

    webhooks_internal: bool = False
    """Whether audiences may be sent to addresses inside the operator's network, and without encryption."""

    def workspace(self) -> Workspace:
        """The paths below `home`."""
        return Workspace(self.home, self.store)

    def shop_with_log(self, shop: str) -> ShopFolder:
        """The paths of a shop, where its log is what it is in the store by now.

        Raises:
            VitrineError: see :func:`recommender.events.stored.bring_up`.
        """
        folder = self.workspace().shop(shop)
        if self.store is not None:
            from recommender.events.stored import bring_up  # an extra brings what it needs

            bring_up(folder, datetime.now(UTC))
        return folder

    def records(self) -> Records:
        """The records, opened; whoever asks closes them."""
        workspace = self.workspace()
        workspace.home.mkdir(parents=True, exist_ok=True)
        return Records.open(self.database_url or workspace.records_url)

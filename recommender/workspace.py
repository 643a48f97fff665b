"""Where a Vitrine installation keeps its files."""

import re
from dataclasses import dataclass
from pathlib import Path

from recommender.errors import InputError

SHOP_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def check_shop_name(name: str) -> str:
    """Return `name` if a shop may be called so.

    Raises:
        InputError: it is empty, too long or holds other characters; names become folders.
    """
    if not SHOP_NAME.fullmatch(name):
        raise InputError("shop", name, "use 1 to 63 of a-z, 0-9, - and _, beginning with a letter or digit")
    return name


@dataclass(frozen=True)
class Workspace:
    """Paths below one home folder; nothing is created by asking."""

    home: Path
    store: str | None = None
    """URL of where artifacts and the log are kept for all hosts; None: below `home` only."""

    @property
    def records_url(self) -> str:
        """SQLAlchemy URL of the records used when no database is configured."""
        return f"sqlite:///{self.home.resolve() / 'vitrine.db'}"

    @property
    def host(self) -> Path:
        """Holds the name of this home among those of all hosts; made when it is first asked for."""
        return self.home / "host"

    @property
    def unfinished(self) -> Path:
        """Backups that are being made or put back; what is a day old is deleted by the next one."""
        return self.home / "unfinished"

    def shop(self, name: str) -> "ShopFolder":
        """The folder of one shop."""
        return ShopFolder(self.home / "shops" / check_shop_name(name), self.store)


@dataclass(frozen=True)
class ShopFolder:
    """Paths of one shop; shops share no file."""

    path: Path
    store: str | None = None
    """See :class:`Workspace`."""

    @property
    def workspace(self) -> Workspace:
        """The installation that it is of."""
        return Workspace(self.path.parents[1], self.store)

    @property
    def log(self) -> Path:
        """The event log: `day=YYYY-MM-DD/*.parquet`; with `store` this host's copy of it, if it has one."""
        return self.path / "log"

    @property
    def copied(self) -> Path:
        """What the log in `store` was when the one here was last made a copy of it."""
        return self.path / "copied.json"

    @property
    def own_log(self) -> Path:
        """Events of this home from before there was a `store`, until they are in the log there."""
        return self.path / "own"

    @property
    def spools(self) -> Path:
        """Acknowledged events that were not moved on yet, one SQLite file a process."""
        return self.path / "spools"

    @property
    def artifacts(self) -> Path:
        """Fitted models: one folder a version, and the file `current`."""
        return self.path / "artifacts"

    @property
    def copies(self) -> Path:
        """This host's copies of artifacts that lie in `store`; fetched again when missing."""
        return self.path / "copies"

    @property
    def artifacts_lock(self) -> Path:
        """Held by whoever adds, publishes or deletes artifacts, writes them anew without somebody, or backs them up."""
        return self.path / "artifacts.lock"

    @property
    def shelf(self) -> Path:
        """Catalogue tables as processes open them; made again from the records when missing."""
        return self.path / "shelf"

    @property
    def rejects(self) -> Path:
        """Rows that imports refused, with line number and reason."""
        return self.path / "rejects"

    @property
    def tuning(self) -> Path:
        """What tuning has tried, one file a search; may be deleted."""
        return self.path / "tuning"

    @property
    def segments(self) -> Path:
        """Who entered and left which segment with each model, and how far audiences were sent."""
        return self.path / "segments"

    @property
    def staging(self) -> Path:
        """Rows of running imports."""
        return self.path / "staging"

    @property
    def event_ids(self) -> Path:
        """Which event first brought an `event_id`; made again from the log when missing."""
        return self.path / "event_ids.db"

    @property
    def log_lock(self) -> Path:
        """Held by whoever writes to the log."""
        return self.path / "log.lock"

    @property
    def readers_lock(self) -> Path:
        """Shared by those who read the log for long."""
        return self.path / "readers.lock"

"""Settings of the API, read from `VITRINE_*` environment variables."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from recommender.breaker import Breaker
from recommender.errors import ConfigurationError
from recommender.periods import Periods
from recommender.records import Records
from recommender.sealing import LEAST_RECALL
from recommender.workspace import Workspace


class CacheKind(StrEnum):
    """Where whole answers of `/v1/similar` are kept."""

    MEMORY = "memory"
    REDIS = "redis"
    OFF = "off"


Share = Annotated[float, Field(ge=0, le=0.5)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Bytes = Annotated[int, Field(ge=1024)]
Days = Annotated[int, Field(ge=0, le=36_500)]
Rate = Annotated[int, Field(ge=1, le=10**9)]


class Settings(BaseSettings):
    """Everything that can be set from outside; each field is the variable `VITRINE_` + its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="VITRINE_", frozen=True, extra="ignore", use_attribute_docstrings=True)

    home: Path = Path("var")
    """Folder of everything that Vitrine keeps: event logs, artifacts, and the records when no database is set."""

    store: str | None = None
    """Where models and the event log are kept for all hosts: `s3://bucket/path`, `gs://…`, `az://…` or
    `file:///folder`; `home` then holds copies. Needs the extra `vitrine[store]`; without it they live below `home`."""

    database_url: str | None = None
    """SQLAlchemy URL of a PostgreSQL database for the records; without it they live in SQLite below `home`."""

    database_timeout: Seconds = 2.0
    """Seconds of silence after which the service gives PostgreSQL up and goes on without it."""

    redis_url: str | None = None
    """Redis that holds visitors' state for every worker; without it the state lives in the one process."""

    redis_timeout: Seconds = 0.25
    """Seconds that one Redis call may take before the answer goes out without it."""

    cache: CacheKind = CacheKind.MEMORY
    """Where answers of `/v1/similar` are kept: `memory` (each process), `redis` (behind that, for all) or `off`."""

    cache_bytes: Bytes = 64 * 2**20
    """Size of the answers kept in each process, compressed once anybody takes gzip; the least used go first."""

    holdout: Share = 0.05
    """Share of visitors that see no showcases, and, drawn by itself, of those that see no popups, for comparison."""

    replay_share: float = Field(0.1, ge=0, le=1)
    """Share of page views, drawn by request id, that are logged with all that their answer was made of, for `vitrine
    replay`; only where consent lets the event log hold ids."""

    operator_token: SecretStr | None = None
    """Bearer token for `/metrics` and all of `/readyz`; without one they tell it only on the loopback interface."""

    hsts_seconds: int = Field(0, ge=0, le=10**9)
    """How long browsers that came by TLS are told to come by TLS only (HSTS); 0 leaves that to the proxy."""

    rate_limits: bool = True
    """Whether calls are limited (`on` or `off`); who calls too often gets 429 with `Retry-After`."""

    rate_key: Rate = 300_000
    """Calls a minute with a shop's public key, of all its pages together."""

    rate_secret: Rate = 60_000
    """Calls a minute with a shop's secret key."""

    rate_visitor: Rate = 3_000
    """Calls and events a minute of one visitor."""

    rate_address: Rate = 6_000
    """Calls a minute with a public key from one address; private networks, where proxies are, are not limited."""

    rate_codes: Rate = 60
    """Popups an hour that may give away a code of their own, to all visitors from one address."""

    body_bytes: Bytes = 2**20
    """Largest body of a request."""

    catalog_body_bytes: Bytes = 32 * 2**20
    """Largest body of `PUT /v1/catalog/items`."""

    least_recall: float = Field(LEAST_RECALL, ge=0, le=1)
    """What a model's index must find of the 100 nearest items (recall, measured in training) to go into service."""

    open_shops: int = Field(200, ge=1, le=100_000)
    """Shops that one process keeps open; where there are more, each is opened with its first call, and the one that
    was not called for longest is closed. Up to so many are all opened at the start."""

    most_at_once: int = Field(512, ge=1)
    """Calls that one process works on at once; who comes on top gets 503 with `Retry-After` at once."""

    drain_seconds: float = Field(3.0, ge=0, le=3600)
    """How long a process that gets SIGTERM goes on answering while `/readyz` says 503, before it ends."""

    refresh_seconds: Seconds = 0.5
    """How often a process looks for what other processes changed: catalogue, configuration, keys, published model."""

    shipping_seconds: Seconds = 1.0
    """How often acknowledged events are shipped to the store: what a host loses at most whose disk is lost for ever."""

    compaction_seconds: Seconds = 60.0
    """How often acknowledged events move into the event log's Parquet files: from the spools, or from the store."""

    retention_days: Days = 760
    """Days for which events are kept that the service has collected, and with them decisions on popups, codes that
    lapsed and moves between segments; logged pages and answers to repeated calls at most 90 of them. 0: for ever."""

    retention_imported_days: Days = 0
    """The same for imported events, which are the shop's own books; 0: for ever."""

    state_rows: int = Field(300_000, ge=1000)
    """Interactions that the in-process state holds over all visitors; the longest unseen visitors go first."""

    webhooks_internal: bool = False
    """Whether `vitrine segments push` may send to addresses inside the operator's network, and without encryption."""

    log_level: str = Field("info", pattern="^(debug|info|warning|error)$")
    """Least important messages that are logged."""

    @classmethod
    def load(cls, **given: object) -> Self:
        """Read the environment; `given` values come before it.

        Raises:
            ConfigurationError: a variable has a value that is not allowed.
        """
        try:
            return cls(**given)  # type: ignore[arg-type]  # checked by pydantic
        except ValidationError as error:
            first = error.errors()[0]
            name = f"VITRINE_{'_'.join(str(part) for part in first['loc']).upper()}"
            raise ConfigurationError(f"{name}: {first['input']!r} is not allowed; {first['msg']}") from None

    def workspace(self) -> Workspace:
        """The files of this installation."""
        return Workspace(self.home, self.store)

    def periods(self) -> Periods:
        """How long what is kept."""
        return Periods(self.retention_days, self.retention_imported_days)

    def records(self, breaker: Breaker | None = None) -> Records:
        """Open the records: PostgreSQL when configured, SQLite otherwise.

        Args:
            breaker: for the service, which goes on without a database that fails or keeps silent; commands wait.
        """
        workspace = self.workspace()
        if self.database_url is None:
            workspace.home.mkdir(parents=True, exist_ok=True)
        silence = None if breaker is None else self.database_timeout
        return Records.open(self.database_url or workspace.records_url, breaker=breaker, silence=silence)

"""A shop as this process serves it: its catalogue, configuration and models, always the newest it knows of."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock, Timer
from typing import Any

import structlog

from api.metrics import Metrics
from api.state.people import Versions
from recommender.artifact import Artifact, ArtifactStore, verify
from recommender.catalog.table import CatalogTable
from recommender.configuration import Configuration
from recommender.engine import engine, shelf, warming
from recommender.engine.page import Page, PageType
from recommender.engine.plain import prepare
from recommender.engine.request import NOBODY
from recommender.engine.snapshot import NO_MODEL, Snapshot
from recommender.errors import ArtifactError, ConfigurationError, StoreError
from recommender.experiments.learned import Learned
from recommender.forgotten import Forgotten
from recommender.models.models import Models
from recommender.records import Records
from recommender.records.changes import Seen
from recommender.workspace import ShopFolder

PATIENCE_SECONDS = 1.0
"""How long answers wait for a change that was announced, before they go on without it and say so."""

RETRY_SECONDS = 30.0
"""How long a damaged artifact is left alone before it is tried again."""
COMPARE_AFTER_SECONDS = 5.0
"""How long after a large model went into service its files are compared: the first visitors come first."""

PREPARE_AFTER_SECONDS = 3.0
"""How long nothing may change that prepared lists depend on before they are made."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class View:
    """What one answer is made from; whatever is published meanwhile waits for the next answer."""

    snapshot: Snapshot
    configuration_version: int
    learned: Learned = field(default_factory=dict)
    """Weights that the shop's experiments have learned."""

    @property
    def version(self) -> str:
        """The model's version."""
        return self.snapshot.version

    @property
    def stamp(self) -> str:
        """Model, configuration and catalogue together: equal stamps give equal impersonal answers."""
        return f"{self.snapshot.version}/{self.configuration_version}/{self.snapshot.table.revision}"


class LiveShop:
    """One shop; its view is replaced as a whole and never changed.

    Args:
        folder: the shop's files.
        records: its catalogue and configuration.
        artifacts: its models.
        clock: a clock that never goes back, in seconds.
        metrics: counts artifacts that were opened.
        heard: those erased persons, by digest, of whom this process's state was told before; see `waiting`.
    """

    def __init__(
        self,
        folder: ShopFolder,
        records: Records,
        artifacts: ArtifactStore,
        clock: Callable[[], float],
        metrics: Metrics,
        heard: Mapping[str, datetime] | None = None,
    ) -> None:
        self.name = folder.path.name
        self.artifacts = artifacts
        self.problems: dict[str, str] = {}
        """What is wrong, by part; answers go on with what worked last."""
        self.seen: Seen | None = None
        """The records as they were when they were last read as a whole."""
        self.behind = False
        """Whether a change was announced that could not be read in time."""
        self._reading: asyncio.Task[None] | None = None
        self._folder = folder
        self._records = records
        self._clock = clock
        self._metrics = metrics
        self._lock = Lock()
        self._loading = Lock()
        self._refused: tuple[str, float] | None = None
        self._damaged: set[str] = set()
        """Models whose large files were found damaged: from now on they are compared before anything else."""
        self._asked_for: str | None = None
        self.waiting: dict[str, datetime] = dict(heard or {})
        """Digests of the erased whom artifacts may still hold, and when they were erased."""
        self.unheard = Forgotten("")
        """Those whom the first look found and the state may not have been told of."""
        self._forgotten = Forgotten("")
        self._view = View(Snapshot.bare(CatalogTable.build(Models.empty().items)), 0)
        self._configured = 0
        """The newest version of the configuration that was read, whether it was understood or not."""
        self._later: list[Timer] = []
        self._closed = False

    @property
    def view(self) -> View:
        """What an answer that begins now is made from."""
        return self._view

    def load(self) -> None:
        """Read everything for the first time."""
        seen = self._records.changes.look(self.name).get(self.name)  # first: of what changes meanwhile, the next tells
        self._read_configuration()
        self._read_weights()
        self.unheard = self.read_erasures()
        self.read_model()
        self.read_catalog()
        self.seen = seen

    def is_behind(self, seen: Seen) -> bool:
        """Whether anything is to be refreshed, as far as the records and the published model tell.

        Args:
            seen: the records as they are.
        """
        if self.behind or self.problems or seen != self.seen:
            return True
        try:
            return self.artifacts.current() not in {None, self._view.version}
        except (StoreError, ArtifactError):
            return True

    def refresh(self, seen: Seen | None = None) -> bool:
        """Read what another process has changed; True when there is another model now.

        Args:
            seen: the records as they are, by whoever looks again and again at all that may have changed.
        """
        there = seen or self._records.changes.look(self.name)[self.name]
        if there != self.seen:
            if there.catalog > self._view.snapshot.table.revision:
                self.read_catalog()
            if there.configuration != self._configured:
                self._read_configuration()
            self._read_weights()
            self.seen = seen or self.seen
        self.behind = False
        return self.read_model()

    async def fresh(self, versions: Versions) -> View:
        """The view, with every catalogue and configuration change that was announced."""
        for _ in range(2):  # what another request reads meanwhile may not be all of it
            if (versions.catalog or 0) > self._view.snapshot.table.revision:
                await self._read(self.read_catalog)
            if (versions.configuration or 0) > self._configured:
                await self._read(self._read_configuration)
        if versions.model not in {None, self._view.version, self._asked_for}:
            self._asked_for = versions.model
            asyncio.get_running_loop().run_in_executor(None, self.read_model)
        return self._view

    async def _read(self, read: Callable[[], None]) -> None:
        """Read a change that was announced; where the records are away or slow, answers go on with what is known."""
        reading = self._reading
        if reading is None:
            reading = self._reading = asyncio.create_task(asyncio.to_thread(read))
            reading.add_done_callback(self._was_read)
        if not self.behind:
            await asyncio.wait({reading}, timeout=PATIENCE_SECONDS)
            self.behind = self.behind or not reading.done()

    def _was_read(self, reading: "asyncio.Task[None]") -> None:
        self._reading = None
        error = None if reading.cancelled() else reading.exception()
        self.behind = error is not None
        if error is not None:
            log.warning("a change cannot be read", shop=self.name, error=type(error).__name__)

    def read_erasures(self) -> Forgotten:
        """Know those no more who were erased since the last look; these are returned.

        The model in service stays without them also when they wait no longer: by then another one is published.
        """
        self.seen = None  # what is read now may be older or newer than what was seen
        waiting = self._records.erasures.waiting(self.name)
        with self._lock:
            fresh = frozenset(digest for digest, at in waiting.items() if self.waiting.get(digest) != at)
            known = self._forgotten.secret
            secret = self._records.erasures.secret(self.name) if waiting and not known else known
            self.waiting, self._forgotten = waiting, Forgotten(secret, frozenset(waiting))
            new = Forgotten(secret, fresh)
            if new:
                self._view = replace(self._view, snapshot=self._view.snapshot.without(new))
        return new

    def read_catalog(self) -> None:
        """Apply the catalogue's changes since the last look."""
        with self._lock:
            snapshot = self._view.snapshot
            table = self._caught_up(snapshot.table)
            if table is snapshot.table:
                return
            self._view = replace(self._view, snapshot=snapshot.with_table(table))
        self._prepare(snapshot)

    def _caught_up(self, table: CatalogTable) -> CatalogTable:
        return table.apply(self._records.catalog.changes(self.name, table.revision))

    def _read_configuration(self) -> None:
        """Read the configuration; one that is not understood, such as of a newer Vitrine, leaves the last that is."""
        with self._lock:
            newest, document = self._records.configurations.get(self.name)
            try:
                self._configure(newest, document)
                self.problems.pop("configuration", None)
            except ConfigurationError as error:
                if not self._view.configuration_version:
                    self._configure_as_before(newest)
                stays = self._view.configuration_version
                self.problems["configuration"] = f"version {newest} is refused, {stays} stays in service: {error}"
                log.error("a configuration is refused", shop=self.name, version=newest, reason=str(error))
            self._configured = newest

    def _configure(self, version: int, document: Mapping[str, Any]) -> None:
        snapshot = replace(self._view.snapshot, configuration=Configuration.parse(document))
        self._view = replace(self._view, snapshot=snapshot, configuration_version=version)

    def _configure_as_before(self, version: int) -> None:
        """Take the last version before this one that is understood, if there is one."""
        while earlier := self._records.configurations.before(self.name, version):
            version = earlier[0]
            with suppress(ConfigurationError):
                self._configure(*earlier)
                return

    def _read_weights(self) -> None:
        """Weights of experiments that learn; they are there before they hold, so all processes change at once."""
        if not any(one.learn for one in self._view.snapshot.configuration.experiments):
            return
        found = self._records.weights.of(self.name)
        with self._lock:
            self._view = replace(self._view, learned=found)

    def read_model(self) -> bool:
        """Put the published model into service, unless it is there already; True when it changed.

        A damaged one is refused: the model in service stays, or after a start the last good one is taken. So it is
        where nobody can say which one is published.
        """
        with self._loading:
            try:
                wanted = self.artifacts.current()
            except (StoreError, ArtifactError) as error:
                return self._serve_what_is_here(error)
            if wanted is None or wanted == self._view.version:
                self.problems.pop("model", None)
                return False
            if self._is_refused(wanted):
                return False
            try:
                self._put_into_service(wanted)
            except (ArtifactError, StoreError, OSError) as error:
                fell_back = self._view.version == NO_MODEL and self._fall_back(wanted)
                self._refuse(wanted, error)
                return fell_back
            self.problems.pop("model", None)
            self._refused = None
            return True

    def _put_into_service(self, version: str) -> None:
        artifact = self.artifacts.open(version, whole=version in self._damaged)
        models = artifact.models
        warmed = shelf.opened(self._folder, self._records, models, self._view.snapshot.configuration, version)
        self._warm(warmed)
        with self._lock:
            newest, configuration = self._caught_up(warmed.table), self._view.snapshot.configuration
            snapshot = warmed if newest is warmed.table else warmed.with_table(newest)
            if snapshot.configuration is not configuration:
                snapshot = replace(snapshot, configuration=configuration)
            snapshot = snapshot.without(self._forgotten)
            self._view = replace(self._view, snapshot=snapshot)
        self._prepare(warmed)
        self._metrics.models.labels("opened").inc()
        self._metrics.learned.labels(self.name).set(models.data_end.timestamp())
        log.info("a model is in service", shop=self.name, version=version)
        self._damaged.discard(version)
        if not artifact.compared:
            self._after(COMPARE_AFTER_SECONDS, self._compare, artifact)
        shelf.keep(self._folder, self._records, warmed)

    def _prepare(self, before: Snapshot) -> None:
        """Make ahead what answers can be made from sooner, beside them, where what was made `before` counts no more."""
        snapshot = self._view.snapshot
        if snapshot is before or snapshot.kin is not before.kin:
            self._after(PREPARE_AFTER_SECONDS, prepare, snapshot, lambda: self._wanted(snapshot))

    def _wanted(self, snapshot: Snapshot) -> bool:
        return not self._closed and self._view.snapshot.kin is snapshot.kin

    def _after(self, seconds: float, work: Callable[..., None], *given: object) -> None:
        """Do something a little later, if the process is still there."""
        if self._closed:
            return
        self._later = [one for one in self._later if one.is_alive()]
        later = Timer(seconds, work, given)
        later.daemon = True
        later.start()
        self._later.append(later)

    def close(self) -> None:
        """Begin nothing any more; what is being compared has no consequences."""
        self._closed = True
        for one in self._later:
            one.cancel()
        self._later = []  # they know this shop, which would have to wait for the garbage collector

    def _compare(self, artifact: Artifact) -> None:
        """Compare the large files of a model that is in service already; a damaged one is taken out of it."""
        try:
            verify(artifact.path, artifact.manifest)
        except ArtifactError as error:
            if self._closed:
                return
            with self._loading:
                self._damaged.add(artifact.version)
                if self._view.version != artifact.version:
                    return
                if not self._fall_back(artifact.version):
                    self._serve_nothing()
                self._refuse(artifact.version, error)

    def _serve_nothing(self) -> None:
        table = CatalogTable.build(Models.empty().items, self._records.catalog.changes(self.name, 0))
        with self._lock:
            snapshot = Snapshot.bare(self._caught_up(table), self._view.snapshot.configuration)
            self._view = replace(self._view, snapshot=snapshot)

    def _warm(self, snapshot: Snapshot) -> None:
        """Answer pages for nobody, so that no visitor waits for what is read, compiled or worked out only once."""
        warming.warm()
        shown = snapshot.table.id(int(snapshot.by_popularity[0])) if len(snapshot.table) else None
        for page in (Page(PageType.HOME), Page(PageType.PRODUCT, shown)):
            engine.page(snapshot, NOBODY, page, None, snapshot.models.data_end)

    def _serve_what_is_here(self, error: Exception) -> bool:
        if "model" not in self.problems:
            log.warning("the published model is not known", shop=self.name, reason=str(error))
        fell_back = self._view.version == NO_MODEL and self._fall_back(None)
        self.problems["model"] = f"{self._view.version} stays in service: {error}"
        return fell_back

    def _fall_back(self, refused: str | None) -> bool:
        for version in self._earlier():
            if version != refused:
                try:
                    self._put_into_service(version)
                except (ArtifactError, StoreError, OSError):
                    continue
                return True
        return False

    def _earlier(self) -> Iterable[str]:
        """What may be served in place of what is published: the last that was, before what just lies here."""
        try:
            history = self.artifacts.history()
        except (ArtifactError, StoreError):
            history = []
        return dict.fromkeys([*reversed(history), *reversed(self.artifacts.here())])

    def _is_refused(self, version: str) -> bool:
        return self._refused is not None and self._refused[0] == version and self._clock() < self._refused[1]

    def _refuse(self, version: str, error: Exception) -> None:
        log.error("a model is refused", shop=self.name, version=version, reason=str(error))
        self._metrics.models.labels("refused").inc()
        self._refused = (version, self._clock() + RETRY_SECONDS)
        self.problems["model"] = f"{version} is refused, {self._view.version} stays in service: {error}"

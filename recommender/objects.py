"""An object store by URL: S3 and what speaks like it, Google Cloud Storage, Azure, or a folder that hosts share.

Objects are written whole or not at all. Where several writers meet, one object is replaced only if it is still what
its writer read (`If-Match`, `If-None-Match`), so nobody's change is lost.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote, urlsplit

from recommender.breaker import Breaker
from recommender.disk import ABANDONED_SECONDS
from recommender.errors import ConfigurationError, StoreError
from recommender.events.locking import held

try:
    import obstore
    from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
    from obstore.store import LocalStore, ObjectStore, from_url
except ImportError:
    raise ConfigurationError("VITRINE_STORE needs a library: pip install 'vitrine[store]'") from None

ALLOWED = "s3://bucket/path, gs://bucket/path, az://account/container/path, or file:///folder"
AT_ONCE = 4
"""Files that are uploaded or fetched side by side."""
PIECE = 2**24
"""Bytes that are asked for at a time, so that a file of any size is read in calls that end in time."""
PAUSE_SECONDS = 5.0
"""How long a store that failed is left alone."""
RETRIES: Any = {"max_retries": 4, "retry_timeout": timedelta(seconds=20)}
CLIENT: Any = {"timeout": timedelta(seconds=30), "connect_timeout": timedelta(seconds=3), "allow_http": True}
"""Whoever names an endpoint without encryption wants it so."""

Answer = TypeVar("Answer")
Tag = Mapping[str, str]
"""What a provider tells an object's states apart by: `e_tag`, or `version` (Google)."""


class Found(NamedTuple):
    """An object as it was read."""

    content: bytes
    tag: Tag


class Listed(NamedTuple):
    """An object that is there."""

    name: str
    size: int
    modified: datetime


@dataclass(frozen=True, eq=False)
class Objects:
    """The objects below one URL.

    Raises:
        StoreError: the store cannot be reached or refuses the call; from every method.
    """

    url: str
    store: ObjectStore
    breaker: Breaker
    folder: Path | None = None
    """Where the objects lie, if the store is a folder."""
    prefix: str = ""

    @classmethod
    def open(cls, url: str) -> "Objects":
        """The store at `url`; keys, regions and endpoints are read by the library, as each provider names them.

        Raises:
            ConfigurationError: the URL cannot be used.
        """
        return _opened(url)

    def below(self, prefix: str) -> "Objects":
        """The objects whose names begin with `prefix`, by what follows it."""
        return replace(self, prefix=f"{self.prefix}{prefix}/")

    def read(self, name: str) -> Found | None:
        """An object, or None where there is none of that name."""

        def get() -> Found:
            got = obstore.get(self.store, self.prefix + name)
            return Found(bytes(got.bytes()), {kind: tag for kind in ("e_tag", "version") if (tag := got.meta[kind])})

        try:
            return self._call(get)
        except FileNotFoundError:
            return None

    def replace(self, name: str, content: bytes, tag: Tag | None) -> bool:
        """Write an object unless it is another one than was read.

        Args:
            name: of the object.
            content: what it shall be.
            tag: of the one that was read; None: there was none.

        Returns:
            Whether it was written. After an answer that was lost on the way it may say no, and yet have been.
        """
        mode: Any = "create" if tag is None else {**tag}
        with self._alone(name):
            if self.folder is not None and tag is not None:  # a folder knows no condition: it is looked at instead
                found = self.read(name)
                if found is None or found.tag != tag:
                    return False
                mode = "overwrite"
            try:
                self._call(lambda: obstore.put(self.store, self.prefix + name, content, mode=mode))
            except (AlreadyExistsError, PreconditionError):
                return False
            except FileNotFoundError:
                raise StoreError(f"{self.url} does not exist") from None
        return True

    def upload(self, name: str, content: Path | bytes) -> None:
        """Write a file, or bytes; nobody sees it before all of it is there."""
        try:
            self._call(lambda: obstore.put(self.store, self.prefix + name, content))
        except FileNotFoundError:
            raise StoreError(f"{self.url} does not exist") from None

    def download(self, name: str, file: Path) -> None:
        """Read an object into a file.

        Raises:
            FileNotFoundError: there is none of that name.
        """
        path = self.prefix + name
        size = self._call(lambda: obstore.head(self.store, path)["size"])
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as written:
            for start in range(0, size, PIECE):
                length = min(PIECE, size - start)
                written.write(self._piece(path, start, length))

    def list(self, below: str = "") -> Iterator[Listed]:
        """Every object whose name begins with `below` and a slash; all of them without."""
        prefix = self.prefix + below

        def listed() -> list[Listed]:
            found = obstore.list(self.store, prefix or None).collect()
            return [Listed(one["path"][len(self.prefix) :], one["size"], one["last_modified"]) for one in found]

        yield from self._call(listed)

    def delete(self, names: Iterable[str]) -> None:
        """Delete objects; those that are not there are no error."""
        for name in names:
            with suppress(FileNotFoundError):
                self._call(partial(obstore.delete, self.store, self.prefix + name))

    def sweep(self, named: Collection[str]) -> None:
        """Delete what lies in a folder, is a day old, and neither it nor the folder is named: its writer was killed."""
        for one in self.list():
            folder, below, _ = one.name.partition("/")
            age = (datetime.now(UTC) - one.modified).total_seconds()
            if below and not {folder, one.name} & set(named) and age > ABANDONED_SECONDS:
                self.delete([one.name])

    def _piece(self, path: str, start: int, length: int) -> bytes:
        return bytes(self._call(lambda: obstore.get_range(self.store, path, start=start, length=length)))

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        if self.folder is None:
            yield
        else:
            with held(self.folder / f"{self.prefix}{name}.lock"):
                yield

    def _call(self, call: Callable[[], Answer]) -> Answer:
        if not self.breaker.allows():
            raise StoreError(f"{self.url} failed a moment ago and is left alone for {PAUSE_SECONDS:.0f} seconds")
        try:
            answer = call()
        except (FileNotFoundError, AlreadyExistsError, PreconditionError):
            self.breaker.succeeded()
            raise
        except (BaseError, OSError) as error:
            self.breaker.failed()
            raise StoreError(f"{self.url} cannot be used: {_first_line(error)}") from None
        self.breaker.succeeded()
        return answer


@lru_cache(maxsize=8)
def _opened(url: str) -> Objects:
    parts = urlsplit(url)
    folder = Path(unquote(parts.path)) if parts.scheme == "file" else None
    try:
        if parts.scheme not in {"s3", "gs", "az", "file"} or (folder is not None and parts.netloc):
            raise ValueError("that is no address of a store")
        store = _store(url, folder)
    except Exception as error:  # the library's errors have no common base here
        raise ConfigurationError(f"VITRINE_STORE: {url!r} cannot be used ({_first_line(error)}); {ALLOWED}") from None
    return Objects(url, store, Breaker("store", time.monotonic, pause=PAUSE_SECONDS), folder)


def _store(url: str, folder: Path | None) -> ObjectStore:
    if folder is not None:
        return LocalStore(folder, mkdir=True, automatic_cleanup=True)
    return from_url(url, retry_config=RETRIES, client_options=CLIENT)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__

"""Where a text stands in everything that an installation keeps: every byte of files, store, database, Redis, memory."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import redis
from sqlalchemy import create_engine, inspect, text

from api.bootstrap import Services
from api.state.memory import MemoryState
from recommender.models.histories import customer_key, visitor_key
from recommender.models.identifiers import hashed
from recommender.objects import Objects


def needles(*ids: str) -> list[bytes]:
    """What gives ids away: themselves, also in base64, and the hashes under which key tables find them."""
    keys = [key for id_ in ids for key in (customer_key(id_), visitor_key(id_))]
    hashes = [hashed(key).to_bytes(8, "little") for key in keys]
    return [*(id_.encode() for id_ in ids), *hashes, *(coded for id_ in ids for coded in _base64(id_.encode()))]


def _base64(id_: bytes) -> Iterator[bytes]:
    """The id in base64, wherever it begins among three bytes: the characters that depend on nothing but it."""
    for shift in range(3):
        coded = base64.urlsafe_b64encode(b"\0" * shift + id_)
        yield coded[-(-8 * shift // 6) : (shift + len(id_)) * 8 // 6]


def traces(services: Services, *ids: str) -> list[str]:
    """Names of all places in which one of the ids stands; a store is looked through if it is a folder."""
    wanted, settings = needles(*ids), services.settings
    places = [*_files(settings.home), *_memory(services)]
    if settings.store is not None:
        places += [(f"store: {name}", content) for name, content in _files(_folder(settings.store))]
    if settings.database_url is not None:
        places += _tables(settings.database_url)
    if settings.redis_url is not None:
        places += _redis(settings.redis_url)
    return sorted({name for name, content in places if any(needle in content for needle in wanted)})


def _folder(store: str) -> Path:
    folder = Objects.open(store).folder
    assert folder is not None, f"{store} is not looked through: it is no folder"
    return folder


def _files(home: Path) -> Iterator[tuple[str, bytes]]:
    for path in home.rglob("*"):
        name = path.relative_to(home).as_posix()
        yield name, name.encode()
        if path.is_file():
            yield name, path.read_bytes()
            if path.suffix == ".parquet":
                yield name, orjson.dumps(pq.read_table(path, partitioning=None).to_pylist())


def _memory(services: Services) -> Iterator[tuple[str, bytes]]:
    state = services.state
    held = state if isinstance(state, MemoryState) else getattr(state, "_stand_in")  # noqa: B009 - private, on purpose
    yield "memory: state", repr(held._entries).encode()
    for shop in services.shops:
        models = shop.view.snapshot.models
        for name, tables in (("histories", _of_histories(models)), ("customers", _of_customers(models))):
            for table in tables:
                yield f"memory: {name}", bytes(table.text) + table.hashes.tobytes()


def _of_histories(models: Any) -> list[Any]:
    return [] if models.histories is None else [models.histories.people]


def _of_customers(models: Any) -> list[Any]:
    return [] if models.customers is None else [models.customers.people.table, models.customers.browsers]


def _tables(url: str) -> Iterator[tuple[str, bytes]]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                yield f"table {table}", b"".join(v if isinstance(v, bytes) else repr(v).encode() for v in row)
    engine.dispose()


def _redis(url: str) -> Iterator[tuple[str, bytes]]:
    client: Any = redis.Redis.from_url(url)
    reading = {b"hash": client.hgetall, b"zset": lambda key: client.zrange(key, 0, -1), b"string": client.get}
    for key in client.scan_iter():
        yield "Redis", key + repr(reading[client.type(key)](key)).encode()
    client.close()

"""What all tests share."""

import gc
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from recommender.events.locking import held
from recommender.records import Records
from recommender.workspace import ShopFolder, Workspace
from tests import services
from training.demo.shop import prepare_demo

MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30
"""Ten times what a run writes in all; what passed is deleted when it has."""

# Timing belongs to benchmarks; the same examples every time, so that a failure can be repeated.
settings.register_profile("vitrine", deadline=None, derandomize=True)
settings.load_profile("vitrine")

# The many processes that tests start read what one of them has compiled, also where nothing is to be kept otherwise.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Every process of the tests has threads for all cores: one that waits for another leaves it the core meanwhile.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# Nobody pulls the plug during tests: where there is room, what they write stays in memory and is not waited for.
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

NOW = datetime(2025, 6, 15, 12, 0, tzinfo=UTC)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no process is alone with it in the end; a browser's tests stay together."""
    items.sort(
        key=lambda item: item.get_closest_marker("slow") is None or item.get_closest_marker("browser") is not None
    )


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_garbage_yet() -> Iterator[None]:
    """The millions of objects that all tests are made of are looked through for garbage once.

    Every service that starts does so; with them around it takes half of the time of most tests of the API.
    """
    gc.collect()
    gc.freeze()
    with pytest.MonkeyPatch.context() as patched:
        for name in ("freeze", "unfreeze"):
            patched.setattr(gc, name, lambda: None)
        yield
    gc.unfreeze()  # the end of the process tells of what is left


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis server's URL."""
    with services.redis_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL server's URL; its tables are shared by the session, so use a shop name of your own."""
    with services.postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """A bucket of a real S3 server, which clients of this process and its children find by their environment."""
    with services.s3_server() as variables, pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield "s3://vitrine"


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The home folder of the demo shop, imported and trained once; each process of the tests has its own copy."""
    alone = worker_id == "master"
    shared = tmp_path_factory.getbasetemp() if alone else tmp_path_factory.getbasetemp().parent
    made = shared / "demo"
    with held(shared / "demo.lock"):
        if not made.exists():
            _make_demo(tmp_path_factory.mktemp("making")).rename(made)
    if alone:
        return made
    return Path(shutil.copytree(made, tmp_path_factory.mktemp("demo") / "home"))


def _make_demo(home: Path) -> Path:
    workspace = Workspace(home)
    opened = Records.open(workspace.records_url)
    prepare_demo(workspace, opened, datetime.now(UTC))
    opened.close()
    return home


@pytest.fixture
def now() -> datetime:
    """The moment at which a test happens."""
    return NOW


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty home folder."""
    return Workspace(tmp_path / "home")


@pytest.fixture
def shop(workspace: Workspace) -> ShopFolder:
    """The folder of a shop that has no file yet."""
    return workspace.shop("shop")


@pytest.fixture
def records(workspace: Workspace) -> Iterator[Records]:
    """Empty records in SQLite."""
    opened = Records.open(workspace.records_url)
    yield opened
    opened.close()

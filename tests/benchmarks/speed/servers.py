"""The service and its controls as real processes."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.speed import usage
from tests.services import free_port

LONGEST_START = 300.0
"""Seconds."""
BETWEEN_ATTEMPTS = 0.005


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    name: str
    port: int
    pid: int
    started_in: float
    """Seconds from the start of the process to the first answer."""

    def ask(self, call: bytes) -> tuple[int, bytes]:
        """Status and body of the answer to one call, made as bytes."""
        return ask(self.port, call)

    def cpu_seconds(self) -> float:
        """Processor time so far, of all its processes."""
        return usage.cpu_seconds(self.pid)

    def memory(self) -> usage.Memory:
        """Memory of all its processes."""
        return usage.memory(self.pid)


def ask(port: int, call: bytes, timeout: float = 30.0) -> tuple[int, bytes]:
    """Status and body of the answer to one call."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)) as connection:
        return send(connection, call)


def send(connection: http.client.HTTPConnection, call: bytes) -> tuple[int, bytes]:
    """Status and body of the answer to one call of several."""
    head, _, body = call.partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    method, path, _ = line.split(" ")
    connection.request(method, path, body or None, dict(header.split(": ", 1) for header in headers))
    answer = connection.getresponse()
    return answer.status, answer.read()


@contextmanager
def product(home: Path, call: bytes, *, workers: int = 1, **settings: str) -> Iterator[Server]:
    """Run `vitrine serve`; it is there when it answers `call`."""
    command = [str(Path(sys.executable).with_name("vitrine")), "serve", "--workers", str(workers), "--port"]
    # Everybody sees showcases: a visitor of the holdout would be answered with empty ones, and sooner.
    environment = {"VITRINE_HOME": str(home), "VITRINE_HOLDOUT": "0", **settings}
    with _running("vitrine", command, [], environment, home / "serve.log", call) as server:
        yield server


@contextmanager
def control(name: str, answers: Path, call: bytes) -> Iterator[Server]:
    """Run a control that returns the answers of a file."""
    command = [sys.executable, "-m", "tests.benchmarks.speed.controls", name]
    with _running(name, command, [str(answers)], {}, answers.with_suffix(f".{name}.log"), call) as server:
        yield server


@contextmanager
def _running(
    name: str, command: Sequence[str], rest: Sequence[str], environment: dict[str, str], log: Path, call: bytes
) -> Iterator[Server]:
    port = free_port()
    settings: dict[str, Any] = {"env": {**os.environ, **environment}, "start_new_session": True}
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen([*command, str(port), *rest], stdout=output, stderr=output, **settings)
    try:
        _wait(process, port, call, log)
        yield Server(name, port, process.pid, time.perf_counter() - began)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int, call: bytes, log: Path) -> None:
    end = time.monotonic() + LONGEST_START
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            if ask(port, call)[0] < 300:
                return
        time.sleep(BETWEEN_ATTEMPTS)
    raise RuntimeError(f"{process.args!r} does not answer: {log.read_text(errors='replace')[-2000:]}")

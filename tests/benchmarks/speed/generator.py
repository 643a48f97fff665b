"""A load generator of our own, run as a process of its own.

At a constant rate (open loop) calls are due at fixed moments whatever the server does, and an answer's time counts from
the moment its call was due: a call that waits because the server is slow counts its waiting. Without a rate (closed
loop) every connection sends its next call when its answer has come.

python -m tests.benchmarks.speed.generator '{"port": 8000, "calls": "calls.bin", ...}' out.npz
"""

import asyncio
import selectors
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import orjson

from tests.benchmarks.speed import calls


@dataclass(frozen=True)
class Plan:
    """What to send."""

    port: int
    calls: str
    """File of calls."""
    seconds: float
    connections: int
    rate: float | None = None
    """Calls a second; None: closed loop."""
    offset: int = 0
    """Calls of the file to skip."""
    grace: float = 5.0
    """Seconds after the end for which answers are still waited for."""

    def encoded(self) -> str:
        """The plan as an argument."""
        return orjson.dumps(asdict(self)).decode()


@dataclass
class Call:
    """One call: seconds since the beginning."""

    due: float
    sent: float = 0.0
    done: float = 0.0
    status: int = 0
    """0: no answer."""


@dataclass
class Generator:
    """Sends what the plan says over connections that stay open."""

    plan: Plan
    messages: Sequence[bytes]
    taken: list[Call] = field(default_factory=list)
    free: "deque[Connection]" = field(default_factory=deque)
    waiting: deque[Call] = field(default_factory=deque)
    busy: int = 0
    connecting: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> list[Call]:
        """Every call that was due."""
        self.loop = asyncio.get_running_loop()
        self.source = islice(cycle(self.messages), self.plan.offset % len(self.messages), None)
        for _ in range(self.plan.connections):
            await self._connect()
        self.began = self.loop.time()
        self._offer() if self.plan.rate else self._fill()
        await asyncio.sleep(self.plan.seconds)
        end = self.loop.time() + self.plan.grace
        while (self.busy or self.waiting) and self.loop.time() < end:
            await asyncio.sleep(0.01)
        return self.taken

    def now(self) -> float:
        """Seconds since the beginning."""
        return self.loop.time() - self.began

    def ready(self, connection: "Connection") -> None:
        """A connection can take a call."""
        if self.waiting:
            connection.send(self.waiting.popleft(), next(self.source))
        elif self.plan.rate is None and self.taken and self.now() < self.plan.seconds:
            connection.send(self._due(self.now()), next(self.source))
        else:
            self.free.append(connection)

    def lost(self) -> None:
        """A connection broke: another one takes its place."""
        if self.now() < self.plan.seconds:
            task = self.loop.create_task(self._connect())
            self.connecting.add(task)
            task.add_done_callback(self.connecting.discard)

    async def _connect(self) -> None:
        try:
            await self.loop.create_connection(lambda: Connection(self), "127.0.0.1", self.plan.port)
        except OSError:
            if not self.taken:
                raise
            await asyncio.sleep(0.05)  # the server is away: what was due meanwhile waits, or fails at the end
            self.lost()

    def _due(self, moment: float) -> Call:
        call = Call(moment)
        self.taken.append(call)
        return call

    def _fill(self) -> None:
        while self.free:
            self.free.popleft().send(self._due(self.now()), next(self.source))

    def _offer(self) -> None:
        """Send what is due, and come back when the next call is."""
        assert self.plan.rate is not None
        while (moment := len(self.taken) / self.plan.rate) <= self.now():
            if moment >= self.plan.seconds:
                return
            call = self._due(moment)
            if self.free:
                self.free.popleft().send(call, next(self.source))
            else:
                self.waiting.append(call)
        self.loop.call_at(self.began + moment, self._offer)


class Connection(asyncio.Protocol):
    """One connection, one call at a time."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._call: Call | None = None
        self._received = bytearray()
        self._expected = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the first call."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._generator.ready(self)

    def send(self, call: Call, message: bytes) -> None:
        """Send a call."""
        self._call, self._expected = call, -1
        self._received.clear()
        self._generator.busy += 1
        call.sent = self._generator.now()
        self._transport.write(message)

    def data_received(self, data: bytes) -> None:
        """Note when the answer is whole."""
        self._received += data
        if self._expected < 0 and (head := self._received.find(b"\r\n\r\n")) >= 0:
            self._expected = head + 4 + length(bytes(self._received[:head]))
        if 0 <= self._expected <= len(self._received):
            self._finish(int(self._received[9:12]))
            self._generator.ready(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The call in flight, if any, has failed."""
        self._finish(0)
        if self in self._generator.free:
            self._generator.free.remove(self)
        self._generator.lost()

    def _finish(self, status: int) -> None:
        call, self._call = self._call, None
        if call is not None:
            call.done, call.status = self._generator.now(), status
            self._generator.busy -= 1


def length(head: bytes) -> int:
    """How many bytes of body follow this head."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def main() -> None:
    """Run the plan of the command line; the calls go into a file, in the form of `loads.Taken`."""
    plan = Plan(**orjson.loads(sys.argv[1]))
    # epoll waits whole milliseconds, select whole microseconds: calls go out when they are due.
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    generator = Generator(plan, calls.read(Path(plan.calls)))
    rows = [(call.due, call.sent, call.done, call.status) for call in loop.run_until_complete(generator.run())]
    zero = time.time() - generator.now()  # Unix time at which the calls began
    np.savez(sys.argv[2], rows=np.array(rows, np.float64).reshape(-1, 4), zero=zero)


if __name__ == "__main__":
    main()

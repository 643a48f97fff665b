"""A way to a server that can be cut, slowed, or fall silent."""

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CHUNK = 65_536


@dataclass
class Relay:
    """Passes on what comes to a port of its own, as the faults allow."""

    target: str
    """URL of the server."""
    cut: bool = False
    """Connections break, and new ones are refused."""
    silent: threading.Event = field(default_factory=threading.Event)
    """Connections are taken, and nothing is passed on until it is cleared."""
    delay: float = 0.0
    """Seconds that each piece takes."""

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def url(self) -> str:
        """The server's, by this way."""
        parts = urlsplit(self.target)
        user = f"{parts.username}@" if parts.username else ""
        return parts._replace(netloc=f"{user}127.0.0.1:{self._listener.getsockname()[1]}").geturl()

    def break_off(self) -> None:
        """Cut it: what is open ends as well."""
        self.cut = True
        for one in [*self._open]:
            _close(one)

    def mend(self) -> None:
        """Pass everything on again; what was held up is lost with its connection."""
        self.cut, self.delay = False, 0.0
        if self.silent.is_set():
            for one in [*self._open]:
                _close(one)
            self.silent.clear()

    def close(self) -> None:
        """Take nothing any more."""
        self._listener.close()
        self.break_off()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if self.cut:
                    _close(near)
                else:
                    threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        parts = urlsplit(self.target)
        try:
            far = socket.create_connection((parts.hostname, parts.port), 5)
        except OSError:
            _close(near)
            return
        far.settimeout(None)
        self._open |= {near, far}
        threading.Thread(target=self._pass, args=(near, far), daemon=True).start()
        self._pass(far, near)

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                if self.silent.is_set():
                    break  # held up: neither side hears of it
                if self.delay:
                    time.sleep(self.delay)
                sink.sendall(data)
            else:
                self._end(source, sink)
                return
            while self.silent.is_set():
                time.sleep(0.01)
        self._end(source, sink)

    def _end(self, *ends: socket.socket) -> None:
        for one in ends:
            _close(one)
        self._open -= {*ends}


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()

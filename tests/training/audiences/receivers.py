"""A receiver of webhooks on this machine, which answers as a test wants."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson


@dataclass
class Inbox:
    """What came, and how it is answered."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    """Of the next answers; after them everything is taken."""
    headers: dict[str, str] = field(default_factory=dict)
    """Sent with every answer that refuses."""
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """Path, headers and body of each request."""

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The bodies, as JSON."""
        return [orjson.loads(body) for _, _, body in self.got]

    @property
    def ids(self) -> list[str]:
        """The id of each request."""
        return [headers["webhook-id"] for _, headers, _ in self.got]


@contextmanager
def receiving() -> Iterator[Inbox]:
    """An inbox that takes requests."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            named = {name.lower(): value for name, value in self.headers.items()}
            inbox.got.append((self.path, named, body))
            status = inbox.statuses.pop(0) if inbox.statuses else 204
            self.send_response(status)
            for name, value in inbox.headers.items() if status != 204 else ():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    inbox.url = f"http://127.0.0.1:{server.server_address[1]}/in?from=shop"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""One signed request to a receiver, asked again while there is hope.

Requests are signed as https://www.standardwebhooks.com says, so that receivers can check them with a library they have:
`webhook-id`, `webhook-timestamp`, and in `webhook-signature` the HMAC-SHA256 of `id.timestamp.body`. A retry has the
same id, by which a receiver knows what it took already.
"""

import hashlib
import hmac
import http.client
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from recommender.errors import DeliveryError
from recommender.retention.definitions import RECEIVER, reachable
from training.audiences.addresses import Resolve, checked, resolved

SECONDS: Final = 15.0
"""How long connecting, sending or waiting for an answer may take."""
PASSING: Final = frozenset({408, 425, 429})
"""Refusals that may be over soon, beside those from 500 on."""
PURPOSE: Final = b"webhooks"
LONGEST_WAIT: Final = 300.0
"""However long a receiver asks to be left alone."""


def secret(signing_key: str) -> bytes:
    """What webhooks are signed with: made from the shop's signing key, and of no use for customer tokens."""
    return hmac.digest(signing_key.encode(), PURPOSE, "sha256")


def shown(secret: bytes) -> str:
    """The secret as libraries for Standard Webhooks take it."""
    return f"whsec_{b64encode(secret).decode()}"


def signature(secret: bytes, id_: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    digest = hmac.digest(secret, f"{id_}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{b64encode(digest).decode()}"


def delivery_id(url: str, body: bytes) -> str:
    """The same for the same body to the same receiver, whenever it is sent."""
    digest = hashlib.sha256(url.encode() + b"\n" + body)
    return f"seg_{digest.hexdigest()[:32]}"


class Answer(NamedTuple):
    """What a receiver said."""

    status: int
    retry_after: float | None = None
    """Seconds that it asks to be left alone."""

    @property
    def taken(self) -> bool:
        """Whether it took what it was sent."""
        return 200 <= self.status < 300

    @property
    def passing(self) -> bool:
        """Whether it may take it later."""
        return self.status in PASSING or self.status >= 500


@dataclass(frozen=True)
class Patience:
    """How often and after which pauses a request is made again: twice as long each time, any part of it by chance."""

    attempts: int = 6
    first: float = 1.0
    """Seconds of the first pause, at most."""
    longest: float = 60.0

    def pause(self, attempt: int, chance: float, asked: float | None) -> float:
        """Seconds after a failed attempt, counted from 0; never less than the receiver asks for.

        Args:
            attempt: which failed.
            chance: from 0 to 1.
            asked: what the receiver's `Retry-After` says.
        """
        drawn = chance * min(self.longest, self.first * 2.0**attempt)
        return max(drawn, min(asked or 0.0, LONGEST_WAIT))


@dataclass(frozen=True)
class Receiver:
    """Where signed requests go.

    Raises:
        DeliveryError: the address is none that anything may be sent to.
    """

    url: str
    secret: bytes = field(repr=False)
    clock: Callable[[], float]
    """Unix seconds."""
    sleep: Callable[[float], None]
    chance: Callable[[], float]
    """A number from 0 to 1."""
    internal: bool = False
    """Whether addresses inside the operator's network, and unencrypted ones, are allowed."""
    patience: Patience = Patience()
    resolve: Resolve = resolved

    def __post_init__(self) -> None:
        if not reachable(self.url):
            raise DeliveryError(f"{self.url!r} cannot be sent to; {RECEIVER}")
        if self._parts.scheme == "http" and not self.internal:
            raise DeliveryError(f"{self.url!r} is not encrypted; use https://")

    def send(self, body: bytes) -> None:
        """Send JSON until it is taken.

        Raises:
            DeliveryError: the receiver refuses it, leads elsewhere, or did not answer as often as was asked.
        """
        id_, said = delivery_id(self.url, body), ""
        for attempt in range(self.patience.attempts):
            asked = None
            try:
                answer = self._post(id_, body)
            except (OSError, http.client.HTTPException) as error:
                said = f"{type(error).__name__}: {error}"
            else:
                if answer.taken:
                    return
                said, asked = f"status {answer.status}", answer.retry_after
                if not answer.passing:
                    raise DeliveryError(f"{self.url} refused delivery {id_}: {said}; {_hint(answer.status)}")
            if attempt + 1 < self.patience.attempts:
                self.sleep(self.patience.pause(attempt, self.chance(), asked))
        raise DeliveryError(f"{self.url} did not take delivery {id_} in {self.patience.attempts} attempts: {said}")

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)

    def _post(self, id_: str, body: bytes) -> Answer:
        timestamp = int(self.clock())
        headers = {
            "Host": self._parts.netloc,
            "Content-Type": "application/json",
            "User-Agent": "vitrine-webhook/1",
            "webhook-id": id_,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self.secret, id_, timestamp, body),
        }
        connection = self._connection()
        try:
            path = self._parts.path or "/"
            connection.request("POST", f"{path}?{self._parts.query}" if self._parts.query else path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, _seconds(answer.headers.get("Retry-After")))
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        """A connection to the address that was judged; it knows of no proxy and follows no redirect."""
        parts = self._parts
        secure = parts.scheme == "https"
        host, port = str(parts.hostname), parts.port or (443 if secure else 80)
        address = checked(host, port, internal=self.internal, resolve=self.resolve)
        connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
        opened = socket.create_connection((address, port), SECONDS)
        try:
            connection.sock = (
                ssl.create_default_context().wrap_socket(opened, server_hostname=host) if secure else opened
            )
        except BaseException:
            opened.close()
            raise
        return connection


def _seconds(retry_after: str | None) -> float | None:
    """Of a `Retry-After` that counts seconds; dates are left aside."""
    return float(retry_after) if retry_after is not None and retry_after.strip().isdigit() else None


def _hint(status: int) -> str:
    if 300 <= status < 400:
        return "redirects are not followed; name the address itself"
    return "it will not be sent again by itself; look what the receiver wants"

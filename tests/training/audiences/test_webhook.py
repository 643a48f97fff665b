"""Signed requests, made again while there is hope, to the address that was judged and no other."""

import base64
import hashlib
import hmac
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from recommender.errors import DeliveryError
from tests.training.audiences.receivers import Inbox, receiving
from training.audiences.webhook import Answer, Patience, Receiver, delivery_id, secret, shown, signature

KEY = secret("signing-key")
BODY = b'{"type":"segment.members"}'


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with receiving() as opened:
        yield opened


def receiver(url: str, pauses: list[float] | None = None, **more: Any) -> Receiver:
    waits = [] if pauses is None else pauses
    given = {"internal": True, "patience": Patience(attempts=4), **more}
    return Receiver(url, KEY, lambda: 1_700_000_000.9, waits.append, lambda: 0.5, **given)


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The vector of the specification's own libraries."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    found = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_secret_is_made_from_the_signing_key_and_is_not_that_key() -> None:
    assert hmac.new(b"signing-key", b"webhooks", hashlib.sha256).digest() == KEY
    assert shown(KEY) == "whsec_" + base64.b64encode(KEY).decode()
    assert "signing-key" not in repr(receiver("https://hook.example"))
    assert str(KEY) not in repr(receiver("https://hook.example"))


def test_a_request_says_who_when_and_signed(inbox: Inbox) -> None:
    receiver(inbox.url).send(BODY)
    ((path, headers, body),) = inbox.got
    assert (path, body) == ("/in?from=shop", BODY)
    assert headers["content-type"] == "application/json"
    assert headers["webhook-timestamp"] == "1700000000"
    assert headers["webhook-id"] == delivery_id(inbox.url, BODY)
    assert headers["webhook-signature"] == signature(KEY, headers["webhook-id"], 1_700_000_000, BODY)
    assert headers["host"] == inbox.url.split("/")[2]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_be_over_soon_is_tried_again_with_the_same_id(inbox: Inbox, status: int) -> None:
    inbox.statuses, pauses = [status, status], []
    receiver(inbox.url, pauses).send(BODY)
    assert len(set(inbox.ids)) == 1
    assert len(inbox.got) == 3
    assert pauses == [0.5, 1.0]


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (400, "look what the receiver wants"),
        (401, "status 401"),
        (410, "status 410"),
        (301, "redirects are not followed"),
    ],
)
def test_what_will_not_change_is_told_at_once(inbox: Inbox, status: int, hint: str) -> None:
    inbox.statuses = [status]
    inbox.headers = {"Location": "http://169.254.169.254/latest"}
    with pytest.raises(DeliveryError, match=hint):
        receiver(inbox.url).send(BODY)
    assert len(inbox.got) == 1


def test_a_receiver_is_left_alone_as_long_as_it_asks(inbox: Inbox) -> None:
    inbox.statuses, inbox.headers, pauses = [429], {"Retry-After": "7"}, []
    receiver(inbox.url, pauses).send(BODY)
    assert pauses == [7.0]


def test_after_the_last_attempt_it_gives_up_and_says_what_was_answered(inbox: Inbox) -> None:
    inbox.statuses, pauses = [503] * 9, []
    with pytest.raises(DeliveryError, match=r"did not take delivery seg_[0-9a-f]{32} in 4 attempts: status 503"):
        receiver(inbox.url, pauses).send(BODY)
    assert (len(inbox.got), pauses) == (4, [0.5, 1.0, 2.0])


def test_a_receiver_that_is_away_is_tried_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        pauses: list[float] = []
        with pytest.raises(DeliveryError, match="in 4 attempts: ConnectionRefusedError"):
            receiver(f"http://127.0.0.1:{taken.getsockname()[1]}/", pauses).send(BODY)
    assert len(pauses) == 3


def test_pauses_double_up_to_a_bound_and_are_drawn_by_chance() -> None:
    patience = Patience(first=1.0, longest=10.0)
    assert [patience.pause(attempt, 1.0, None) for attempt in range(6)] == [1, 2, 4, 8, 10, 10]
    assert patience.pause(3, 0.25, None) == 2.0
    assert patience.pause(0, 0.0, 10_000.0) == 300.0


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://hook.example/", "is not encrypted; use https://"),
        ("ftp://hook.example/", "use https://host/path"),
        ("https://me@hook.example/", "use https://host/path"),
        ("https:///in", "use https://host/path"),
        ("https://hook.example:99999/", "use https://host/path"),
        ("https://[::1", "use https://host/path"),
        ("https://hook.example/ä", "in ASCII"),
        ("https://hook.example/a b", "in ASCII"),
        ("https://hook.example/a\r\nHost: b", "in ASCII"),
    ],
)
def test_addresses_that_nothing_may_be_sent_to_are_refused(url: str, message: str) -> None:
    with pytest.raises(DeliveryError, match=message):
        receiver(url, internal=False)


def test_an_internal_host_is_refused_before_anything_is_sent(inbox: Inbox) -> None:
    port = inbox.url.split(":")[2].split("/")[0]
    pauses: list[float] = []
    with pytest.raises(DeliveryError, match="no address of the public internet"):
        receiver(f"https://localhost:{port}/", pauses, internal=False).send(BODY)
    assert (inbox.got, pauses) == ([], [])


def test_the_connection_goes_to_the_address_that_was_judged(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that resolves otherwise a second time is not asked a second time."""
    port, asked = int(inbox.url.split(":")[2].split("/")[0]), []

    def once(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    receiver(f"http://hook.example:{port}/in", resolve=once).send(BODY)
    assert asked == ["hook.example"]
    assert inbox.got[0][1]["host"] == f"hook.example:{port}"


def test_a_receiver_that_cannot_prove_who_it_is_gets_nothing(inbox: Inbox) -> None:
    with pytest.raises(DeliveryError, match="in 4 attempts: SSL"):
        receiver(inbox.url.replace("http://", "https://")).send(BODY)
    assert inbox.got == []


def test_a_proxy_of_the_environment_is_not_used(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    receiver(inbox.url).send(BODY)
    assert len(inbox.got) == 1


@pytest.mark.parametrize(("status", "taken", "passing"), [(200, True, False), (204, True, False), (302, False, False)])
def test_only_answers_from_200_on_take_a_delivery(status: int, taken: bool, passing: bool) -> None:
    assert (Answer(status).taken, Answer(status).passing) == (taken, passing)

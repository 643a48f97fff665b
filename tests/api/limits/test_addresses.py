"""An address tells callers apart, and is kept nowhere."""

from datetime import timedelta
from typing import Any

import pytest

from api.limits.addresses import disguised, distant
from tests.conftest import NOW


def calling(host: str | None, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    """A request's ASGI scope."""
    return {"type": "http", "headers": headers, "client": None if host is None else (host, 5000)}


@pytest.mark.parametrize(
    "near",
    [
        None, "", "127.0.0.1", "127.8.8.8", "::1", "10.0.0.9", "172.16.0.1", "172.31.255.1", "192.168.1.1",
        "::ffff:10.1.2.3", "fd00::7", "fe80::1", "169.254.1.1",
    ],
)  # fmt: skip
def test_whoever_is_near_may_be_a_proxy_and_is_nobody_in_particular(near: str | None) -> None:
    assert distant(calling(near)) is None


@pytest.mark.parametrize("far", ["203.0.113.9", "172.15.0.1", "172.32.0.1", "100.1.2.3", "testclient"])
def test_whoever_is_far_is_told_by_their_address(far: str) -> None:
    assert distant(calling(far)) == far


def test_a_header_that_nobody_trusted_wrote_hides_no_address() -> None:
    assert distant(calling("203.0.113.9", (b"x-forwarded-for", b"10.0.0.1"))) == "203.0.113.9"


def test_a_household_is_told_by_its_network() -> None:
    first, second, elsewhere = (
        distant(calling(host)) for host in ("2001:db8:0:7::1", "2001:db8:0:7:aa:bb:cc:dd", "2001:db8:0:8::1")
    )
    assert first == second != elsewhere


def test_a_disguise_stays_for_a_day_in_one_shop_and_holds_no_address() -> None:
    one = disguised("203.0.113.9", "key", NOW)
    assert one == disguised("203.0.113.9", "key", NOW + timedelta(hours=11))
    others = {
        disguised("203.0.113.9", "key", NOW + timedelta(days=1)),
        disguised("203.0.113.9", "another shop's", NOW),
        disguised("203.0.113.8", "key", NOW),
    }
    assert len({one, *others}) == 4
    assert "203.0" not in one


@pytest.mark.parametrize("odd", ["testclient", "2001:::1", "x" * 500, "2001:db8::1%eth0", "ü"])
def test_anything_can_be_disguised(odd: str) -> None:
    assert len(disguised(distant(calling(odd)) or "", "k" * 100, NOW)) == 24

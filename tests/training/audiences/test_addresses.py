"""Nothing is sent inside the operator's network, whatever a host is called and however it resolves."""

from ipaddress import ip_address

import pytest

from recommender.errors import DeliveryError
from training.audiences.addresses import checked, public, resolved

INTERNAL = (
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fec0::1", "64:ff9b:1::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
)  # fmt: skip


@pytest.mark.parametrize("address", INTERNAL)
def test_internal_addresses_are_refused_and_named(address: str) -> None:
    assert not public(ip_address(address))
    with pytest.raises(DeliveryError, match=r"hook\.example is .* VITRINE_WEBHOOKS_INTERNAL"):
        checked("hook.example", 443, internal=False, resolve=lambda host, port: [address])


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "64:ff9b::808:808"])
def test_addresses_of_the_public_internet_are_allowed(address: str) -> None:
    assert checked("hook.example", 443, internal=False, resolve=lambda host, port: [address]) == address


def test_one_internal_address_among_public_ones_is_enough() -> None:
    with pytest.raises(DeliveryError, match=r"10\.0\.0\.1"):
        checked("hook.example", 443, internal=False, resolve=lambda host, port: ["8.8.8.8", "10.0.0.1"])


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "::1"])
def test_every_spelling_of_this_machine_is_refused(host: str) -> None:
    with pytest.raises(DeliveryError, match="no address of the public internet"):
        checked(host, 443, internal=False)


def test_an_operator_may_allow_them() -> None:
    assert checked("127.0.0.1", 80, internal=True) == "127.0.0.1"


def test_what_is_no_host_is_told() -> None:
    with pytest.raises(DeliveryError, match="is no host"):
        resolved("a" * 70 + ".example", 443)

"""Which addresses may be sent to: only those of the public internet, unless the operator allows others.

A webhook's host is the shop's choice, and the request comes from inside the operator's network. So every address that
the host resolves to is judged, and the connection goes to the very address that was judged: a second look-up could be
answered otherwise (DNS rebinding).
"""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

from recommender.errors import DeliveryError

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], list[str]]

NAT64: Final = IPv6Network("64:ff9b::/96")
"""Carries an IPv4 address in its last four bytes."""
UNICAST: Final = IPv6Network("2000::/3")
"""What of IPv6 is given out to the public at all."""
PLATFORM: Final = (IPv4Network("168.63.129.16/32"), IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
"""Taken for public by their numbers, and yet answered by cloud platforms or by relays."""


def resolved(host: str, port: int) -> list[str]:
    """Every address of a host.

    Raises:
        OSError: it has none now.
        DeliveryError: it is no name that could have one.
    """
    try:
        found: list[Any] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise DeliveryError(f"{host!r} is no host: {error}") from None
    return [*dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found)]


def checked(host: str, port: int, *, internal: bool, resolve: Resolve = resolved) -> str:
    """The address to connect to.

    Args:
        host: name or number.
        port: of the receiver.
        internal: whether addresses inside the operator's network are allowed.
        resolve: tells all addresses of a host.

    Raises:
        DeliveryError: one of them is internal; which is told.
    """
    addresses = resolve(host, port)
    for one in addresses:
        if not internal and not public(ip_address(one)):
            raise DeliveryError(
                f"{host} is {one}, which is no address of the public internet: nothing is sent there unless"
                " VITRINE_WEBHOOKS_INTERNAL is on"
            )
    return addresses[0]


def public(address: Address) -> bool:
    """Whether an address belongs to the public internet, whatever it is wrapped in."""
    inner = _inside(address)
    if inner is not None:
        return public(inner)
    if isinstance(address, IPv6Address) and address not in UNICAST:
        return False
    return address.is_global and not address.is_multicast and not any(address in one for one in PLATFORM)


def _inside(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to."""
    if not isinstance(address, IPv6Address):
        return None
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)

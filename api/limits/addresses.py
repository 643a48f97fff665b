"""Where a call comes from, as far as limits must tell callers apart; the address itself is kept nowhere."""

from datetime import datetime
from hashlib import blake2b
from ipaddress import AddressValueError, IPv6Address

from starlette.types import Scope

NETWORKS = frozenset({"10", "127"})
"""What begins the addresses of this host, and of private networks."""
HALF_NETWORKS = {"192": ("168.",), "169": ("254.",), "172": tuple(f"{part}." for part in range(16, 32))}
"""The same, where it takes two numbers."""
NEAR_V6 = ("::1", "fe80:", "fc", "fd")
MAPPED = "::ffff:"
"""How addresses of IPv4 begin on a socket for both."""


def distant(scope: Scope) -> str | None:
    """The caller's address; None where it is unknown, or so near that it may be a proxy's or the operator's own.

    Behind a proxy whose address the server trusts (`FORWARDED_ALLOW_IPS`) it is the one that the proxy tells. A proxy
    that tells none speaks for all visitors at once, and they are not to be mistaken for one. Of an address of IPv6 only
    the network counts: every household has many.
    """
    client = scope.get("client")
    host: str = client[0].removeprefix(MAPPED) if client else ""
    first, dot, rest = host.partition(".")
    if not dot:
        return None if not host or host.startswith(NEAR_V6) else _network(host)
    near = first in NETWORKS or (first in HALF_NETWORKS and rest.startswith(HALF_NETWORKS[first]))
    return None if near else host


def disguised(host: str, key: str, now: datetime) -> str:
    """Stands for an address during one day, in one shop: nobody without the shop's signing `key` finds it again."""
    told = f"{now.toordinal()} {host}"
    return blake2b(told.encode(), key=key.encode()[:64], digest_size=12).hexdigest()


def _network(host: str) -> str:
    try:
        return IPv6Address(host.partition("%")[0]).packed[:8].hex()
    except AddressValueError:
        return host

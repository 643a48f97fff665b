"""Where a call comes from, as far as limits must tell callers apart; the address itself is kept nowhere."""

from datetime import datetime
from hashlib import blake2b
from ipaddress import AddressValueError, IPv6Address

from starlette.types import Scope

NEAR = ("127.", "10.", "192.168.", "169.254.", *(f"172.{part}." for part in range(16, 32)), "::1", "fe80:", "fc", "fd")
"""How addresses of this host and of private networks begin."""
MAPPED = "::ffff:"
"""How addresses of IPv4 begin on a socket for both."""


def distant(scope: Scope) -> str | None:
    """The caller's address; None where it is unknown, or so near that it may be a proxy's or the operator's own.

    Behind a proxy whose address the server trusts (`FORWARDED_ALLOW_IPS`) it is the one that the proxy tells. A proxy
    that tells none speaks for all visitors at once, and they are not to be mistaken for one. Of an address of IPv6 only
    the network counts: every household has many.
    """
    client = scope.get("client")
    host: str = client[0] if client else ""
    if host.startswith(MAPPED):
        host = host[len(MAPPED) :]
    if not host or host.startswith(NEAR):
        return None
    return _network(host) if ":" in host else host


def disguised(host: str, key: str, now: datetime) -> str:
    """Stands for an address during one day, in one shop: nobody without the shop's signing `key` finds it again."""
    told = f"{now.toordinal()} {host}"
    return blake2b(told.encode(), key=key.encode()[:64], digest_size=12).hexdigest()


def _network(host: str) -> str:
    try:
        return IPv6Address(host.partition("%")[0]).packed[:8].hex()
    except AddressValueError:
        return host

"""Where a visit came from, as a host: addresses name people and what they searched for, and stay out of the log."""

from urllib.parse import urlsplit

DIRECT = "direct"
"""Typed, bookmarked, or led to by something that does not say what it is."""
LONGEST = 100


def source(referrer: str, url: str) -> str | None:
    """The host that led to a page, `direct`, or None where another page of the shop did or nothing is known.

    Args:
        referrer: address of the page before; empty: the browser knows of none.
        url: address of the page; empty: it was not told.
    """
    here = _host(url)
    if not referrer:
        return DIRECT if here else None
    before = _host(referrer)
    return before if before != here else None


def _host(address: str) -> str | None:
    if not address:
        return None
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return None
    return host.removeprefix("www.")[:LONGEST] or None

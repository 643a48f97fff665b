"""Signed values that travel through browsers: which list was shown, which account is asking, what may open where.

Attribution and arm tokens are `1.<payload>.<signature>`: base64url of a JSON array, and the first 16 bytes of its
HMAC-SHA256. They are signed, not encrypted: they hold nothing that the page does not know already.

A customer token is `<expiry>.<hex digest>`, the HMAC-SHA256 of shop, customer and expiry separated by line feeds.
The shop's own server makes it, because only that server knows who has logged in.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from recommender.errors import InputError

VERSION = "1"
SIGNATURE_BYTES = 16
MOST_KEYS = 1024
"""Keys of shops that are remembered, ready for signing."""


class Attribution(NamedTuple):
    """Where a list came from; what is shown and bought later is credited by it."""

    shop: str
    placement: str | None
    strategy: str
    model_version: str
    configuration_version: int = 0
    catalog_revision: int = 0
    item_id: str | None = None
    """The item that the list was made for."""
    experiment: str | None = None
    variant: str | None = None
    propensity: float | None = None
    """Probability with which this list, and no other, was chosen."""
    request_id: str | None = None
    """Left out where equal requests must get equal tokens."""


def sign(attribution: Attribution, key: str) -> str:
    """The token of `attribution`; equal values give equal tokens."""
    return sealed(tuple(attribution), ATTRIBUTION, key)


def read(token: str, key: str) -> Attribution:
    """The attribution inside a token that was signed with `key`; what a newer Vitrine adds at its end is left out.

    Raises:
        InputError: it was not made by us, was altered, or belongs to another shop's key.
    """
    return Attribution(*opened(token, ATTRIBUTION, key)[: len(Attribution._fields)])


ATTRIBUTION = "attribution"


def sealed(values: Sequence[object], purpose: str, key: str) -> str:
    """A signed token of JSON values; one that was signed for another purpose is refused."""
    payload = _encode(orjson.dumps(values))
    return f"{VERSION}.{payload}.{_signature(payload, purpose, key)}"


def opened(token: str, purpose: str, key: str) -> list[Any]:
    """The values inside a token.

    Raises:
        InputError: it was not made by us for this purpose, was altered, or belongs to another shop's key.
    """
    version, _, rest = token.partition(".")
    payload, _, signature = rest.partition(".")
    expected = _signature(payload, purpose, key)
    if version != VERSION or not hmac.compare_digest(signature.encode(), expected.encode()):
        raise InputError(f"{purpose}_token", token, "send it back exactly as it was received from this shop")
    found: list[Any] = orjson.loads(_decode(payload))
    return found


def customer_token(shop: str, customer_id: str, expires: int, key: str) -> str:
    """What the shop's server gives to the browser of a customer who has logged in.

    Args:
        shop: the shop's name.
        customer_id: the account.
        expires: Unix seconds from which the token no longer counts.
        key: the shop's signing key.
    """
    digest = hmac.new(key.encode(), f"{shop}\n{customer_id}\n{expires}".encode(), sha256)
    return f"{expires}.{digest.hexdigest()}"


def verify_customer_token(token: str, shop: str, customer_id: str, *, key: str, now: float) -> bool:
    """Whether the shop's server vouched for this customer and the token has not expired."""
    expires, _, _ = token.partition(".")
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 12) or int(expires) <= now:
        return False
    expected = customer_token(shop, customer_id, int(expires), key)
    return hmac.compare_digest(token.encode(), expected.encode())


def _signature(payload: str, purpose: str, key: str) -> str:
    digest = _keyed(purpose, key).copy()
    digest.update(payload.encode())
    return _encode(digest.digest()[:SIGNATURE_BYTES])


@lru_cache(MOST_KEYS)
def _keyed(purpose: str, key: str) -> hmac.HMAC:
    """What all signatures for a purpose begin with: a key need not be taken up anew for each."""
    return hmac.new(key.encode(), f"{purpose}\n".encode(), sha256)


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))

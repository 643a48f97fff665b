"""Codes that are typed at checkout: written alike, however they were typed, and made so that nobody can guess one."""

import hmac
from hashlib import sha256

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without the letters that look like digits, and without U (Crockford)."""
_SERIAL, _CHECK = 8, 4


def key(code: str) -> str:
    """What codes are compared by: no space, and capital letters."""
    return "".join(code.split()).upper()


def generated(signing_key: str, prefix: str, seed: str) -> str:
    """A code like `VT-7H2K-9QW3-XMAB`: the same for the same seed, and signed with the shop's key."""
    serial = _letters(signing_key, f"serial|{prefix}|{seed}", _SERIAL)
    check = _letters(signing_key, f"check|{prefix}|{serial}", _CHECK)
    return f"{prefix}-{serial[:4]}-{serial[4:]}-{check}"


def mistyped(signing_key: str, code: str) -> bool:
    """Whether it looks like a generated code, but no such one can be made with this key."""
    prefix, *parts = key(code).rsplit("-", 3)
    if [len(part) for part in parts] != [4, 4, 4]:
        return False
    expected = _letters(signing_key, f"check|{prefix}|{parts[0]}{parts[1]}", _CHECK)
    return not hmac.compare_digest(expected.encode(), parts[2].encode())


def _letters(signing_key: str, text: str, count: int) -> str:
    digest = hmac.digest(signing_key.encode(), f"coupon|{text}".encode("utf-8", "surrogatepass"), sha256)
    number = int.from_bytes(digest)
    return "".join(ALPHABET[(number >> 5 * place) % 32] for place in range(count))

"""Bodies that are compressed once and sent many times, once somebody takes them so."""

import gzip
import zlib
from collections.abc import Mapping
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response

QUICK, SMALL = 1, 9
"""How hard to compress: what is made while somebody waits, and what is made once."""
MAGIC = b"\x1f\x8b"
"""What gzip begins with, and no text."""
SUFFIX = "-gzip"
"""Of the tag of a compressed body: a strong tag names bytes, and those are others (RFC 9110, 8.8.3)."""


def pack(body: bytes, level: int = QUICK) -> bytes:
    """The body as gzip; equal bodies give equal bytes."""
    return gzip.compress(body, level, mtime=0)


def is_packed(body: bytes) -> bool:
    """Whether a body of text is compressed."""
    return body.startswith(MAGIC)


def unpacked(packed: bytes) -> bytes:
    """The body again."""
    return zlib.decompress(packed, wbits=31)


def tag(*names: bytes) -> str:
    """What stands in an `ETag`, without its quotes, for what these names tell apart."""
    return blake2b(b"\0".join(names), digest_size=12).hexdigest()


def unchanged(request: Request, tag: str, headers: Mapping[str, str]) -> Response | None:
    """A 304 for a caller that holds the body already, in whatever encoding; None for all others."""
    sent = request.headers.get("if-none-match")
    if sent is None:
        return None
    held = {one.strip().removeprefix("W/").strip('"').removesuffix(SUFFIX) for one in sent.split(",")}
    if not held & {tag, "*"}:
        return None
    return Response(status_code=304, headers=_headers(headers, tag, compressed=takes_gzip(request)))


def response(request: Request, body: bytes, tag: str, headers: Mapping[str, str], media_type: str) -> Response:
    """The body, compressed or not, as the caller takes it."""
    compressed, packed = takes_gzip(request), is_packed(body)
    all_headers = _headers(headers, tag, compressed=compressed)
    if compressed != packed:
        body = unpacked(body) if packed else pack(body)
    if compressed:
        all_headers["Content-Encoding"] = "gzip"
    return Response(body, headers=all_headers, media_type=media_type)


def takes_gzip(request: Request) -> bool:
    """Whether the caller takes gzip by name, or else whatever it did not name (RFC 9110, 12.5.3)."""
    accepted = request.headers.get("accept-encoding")
    if accepted is None:
        return False
    told = {name.strip(): quality for name, _, quality in (one.partition(";") for one in accepted.lower().split(","))}
    quality = told.get("gzip", told.get("*"))
    return quality is not None and quality.replace(" ", "").rstrip("0.") != "q="


def _headers(headers: Mapping[str, str], tag: str, *, compressed: bool) -> dict[str, str]:
    return {**headers, "ETag": f'"{tag}{SUFFIX if compressed else ""}"', "Vary": "Accept-Encoding"}

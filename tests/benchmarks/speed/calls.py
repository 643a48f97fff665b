"""Calls as bytes on the wire, and files of them that both load generators read.

A file holds one call after the other, each behind a line with its number of bytes.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson


def get(path: str, key: str) -> bytes:
    """A GET under the public key."""
    return f"GET {path} HTTP/1.1\r\nHost: shop.example\r\nX-Vitrine-Key: {key}\r\n\r\n".encode()


def post(path: str, document: Any, key: str) -> bytes:
    """A POST of JSON under the public key."""
    body = orjson.dumps(document)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: shop.example\r\nX-Vitrine-Key: {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def write(path: Path, calls: Iterable[bytes]) -> Path:
    """Write a file of calls."""
    with path.open("wb") as file:
        for call in calls:
            file.write(b"%d\n" % len(call) + call)
    return path


def read(path: Path) -> list[bytes]:
    """The calls of a file."""
    content, place, calls = path.read_bytes(), 0, []
    while place < len(content):
        begin = content.index(b"\n", place) + 1
        place = begin + int(content[place : begin - 1])
        calls.append(content[begin:place])
    return calls

"""Values that somebody would send who wants a service to fail, and documents with one of them in some place."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

Place = tuple[str | int, ...]


def lists(levels: int) -> orjson.Fragment:
    """JSON of so many lists within one another."""
    return orjson.Fragment(b"[" * levels + b"]" * levels)


def objects(levels: int) -> orjson.Fragment:
    """JSON of so many objects within one another."""
    return orjson.Fragment(b'{"a":' * levels + b"1" + b"}" * levels)


TEXTS = (
    "", " ", "\x00", "a\x00b", "\n", "a\r\nX-Injected: 1", "\u202eabc", "\ufeff", "\u200b", "\x7f", "\x85",
    "\ud7ff\ue000", "x" * 10_000, "é" * 257, "😀", "👩‍👩‍👧‍👦", "e\u0301", "ﷺ", "مرحبا", "日本語", "Ω≈ç√", "ß", "İ",
    "../../etc/passwd", "..\\..\\windows", "/", "//", ".", "..", "%2e%2e%2f", "file:///etc/passwd", "C:\\", "con",
    "'; DROP TABLE items; --", '"', "`id`", "$(id)", "{{7*7}}", "${jndi:ldap://x}", "<script>alert(1)</script>",
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "NaN", "Infinity", "-Infinity", "1e400", "0x10", "1_000", "٣", "null",
    "true", "undefined", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-23:59",
    "-271821-04-20T00:00:00Z", "2024-02-30", "1970-01-01", "99999999999999999999", "-1e9", "2024-W01-1", "24:00",
)  # fmt: skip
NUMBERS = (
    0, -0.0, -1, 1, 0.1, 5e-324, 1e9, 1e9 + 1, 1e12, 1e15, 1e17, 1e308, -1e308, 2**31, 2**53 + 1, 2**63 - 1, 2**63,
    -(2**63), 2**64 - 1, 253402300800, 1e11, 1e14,
)  # fmt: skip
OTHERS = (None, True, False, [], {}, [[]], [{}], {"": ""}, {"\x00": 1}, {"$ref": "#"}, {"__proto__": {}})
LARGE = (
    lists(20), lists(40), lists(260), lists(900), objects(20), objects(40), objects(260), objects(900),
    orjson.Fragment(b"9" * 400), orjson.Fragment(b"-" + b"9" * 5000), orjson.Fragment(b"1e308"), ["x"] * 101,
    ["x"] * 1001, [{}] * 501, {f"k{n}": n for n in range(1001)},
)  # fmt: skip
VALUES: tuple[Any, ...] = (*TEXTS, *NUMBERS, *OTHERS, *LARGE)

BODIES = (
    b"", b" ", b"null", b"0", b'""', b"\x00", b"\xff\xfe", b"\xef\xbb\xbf{}", b"{", b"[" * 100_000,
    b'{"a":' * 100_000, b"NaN", b"[Infinity]", b'{"a":1e999}', b'{"a":' + b"9" * 5000 + b"}", b'"\\ud800"',
    b'{"a":"\\u0000"}', b"{}" * 3, b"a=b&c=d", b"\x1f\x8b\x08\x00" + b"\x00" * 30, b"[" + b"{}," * 20_000 + b"{}]",
    b'"' + b"x" * 1_000_000 + b'"', b'"' + b"x" * (2**20 + 1) + b'"',
)  # fmt: skip
HEADERS: tuple[tuple[str, str], ...] = (
    ("Content-Type", "text/plain"), ("Content-Type", "application/xml"), ("Content-Type", ""),
    ("Content-Type", "x" * 3000), ("Content-Encoding", "gzip"), ("Content-Encoding", "deflate, br"),
    ("Content-Length", "-1"), ("Content-Length", "x"), ("Content-Length", "9" * 5000), ("Content-Length", "²"),
    ("If-Match", "*"), ("If-Match", '"' + "9" * 5000 + '"'), ("If-Match", '"²"'), ("If-None-Match", "*"),
    ("If-None-Match", 'W/"' + "x" * 3000 + '"'), ("Idempotency-Key", "x" * 3000), ("Idempotency-Key", ""),
    ("Idempotency-Key", "a"), ("X-Request-Id", "x" * 3000), ("X-Request-Id", "a b"), ("Origin", "null"),
    ("Origin", "https://evil.example"), ("Origin", "http://[::1"), ("Accept-Language", "x" * 3000),
    ("Accept-Language", "é"), ("Accept-Encoding", "gzip;q=x"), ("Accept-Encoding", "gzip;q=9" + "9" * 400),
    ("User-Agent", ""), ("User-Agent", "Googlebot"), ("CF-IPCountry", "ßß"), ("X-Forwarded-For", "x" * 3000),
    ("Sec-GPC", "1"), ("Authorization", "Bearer"), ("Authorization", "Bearer é"),
    ("Authorization", "Bearer " + "x" * 3000), ("Authorization", "Basic Zm9vOmJhcg=="), ("X-Vitrine-Key", "é"),
    ("X-Vitrine-Key", "x" * 3000), ("Cookie", "a=" + "x" * 3000), ("Range", "bytes=0-"), ("Expect", "100-continue"),
    ("Transfer-Encoding", "x"),
)  # fmt: skip


def places(document: Any, above: Place = ()) -> Iterator[Place]:
    """Every place in a document, the document itself included, and a new one in each of its objects."""
    yield above
    if isinstance(document, dict):
        yield (*above, "added")
        for name, value in document.items():
            yield from places(value, (*above, name))
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from places(value, (*above, number))


def put(document: Any, place: Place, value: Any) -> Any:
    """The document with another value in a place; as it was, where there is no such place."""
    if not place:
        return value
    part, *below = place
    if isinstance(document, dict) and isinstance(part, str):
        return {**document, part: put(document.get(part), tuple(below), value)}
    if isinstance(document, list) and isinstance(part, int) and part < len(document):
        return [*document[:part], put(document[part], tuple(below), value), *document[part + 1 :]]
    return document


def spoilt(document: Any) -> st.SearchStrategy[Any]:
    """The document with hostile values in one to three places."""
    change = st.tuples(st.sampled_from([*places(document)]), st.sampled_from(VALUES))
    return st.lists(change, min_size=1, max_size=3).map(lambda changes: _changed(document, changes))


def _changed(document: Any, changes: list[tuple[Place, Any]]) -> Any:
    for place, value in changes:
        document = put(document, place, value)
    return document


def each(strategy: st.SearchStrategy[Any], try_: Callable[[Any], None], examples: int, number: int) -> None:
    """Try so many; the same for the same number. What fails is told as it was met, since a service changes by calls."""

    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
        derandomize=False,
    )
    @given(strategy)
    def one(made: Any) -> None:
        try_(made)

    one()

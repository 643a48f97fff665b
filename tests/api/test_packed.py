"""Bodies that are compressed once."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from api.packed import pack, takes_gzip, unpacked
from tests.api.conftest import Api

PLAIN, PACKED = {"Accept-Encoding": "identity"}, {"Accept-Encoding": "br, gzip"}


@given(st.binary(), st.sampled_from([1, 9]))
def test_what_is_packed_comes_back(body: bytes, level: int) -> None:
    assert unpacked(pack(body, level)) == gzip.decompress(pack(body, level)) == body
    assert pack(body, level) == pack(body, level)


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=1.0", True),
        ("deflate, br", False),
        ("gzip;q=0", False),
        ("*;q=0, gzip", True),
        ("gzip;q=0, *", False),
        ("gzip; q=0.000, br", False),
        ("", False),
        (None, False),
    ],
)
def test_gzip_goes_only_to_those_who_name_it(header: str | None, taken: bool) -> None:
    headers = [] if header is None else [(b"accept-encoding", header.encode())]
    assert takes_gzip(Request({"type": "http", "headers": headers})) is taken


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/v1/similar/lamp", "/vitrine.js", "/vitrine-popups.js"])
async def test_both_encodings_hold_the_same_and_each_has_its_tag(api: Api, path: str) -> None:
    plain, packed = [await api.http.get(path, headers={**api.public, **sent}) for sent in (PLAIN, PACKED)]

    assert plain.content == packed.content  # the client has unpacked it
    assert (plain.headers.get("content-encoding"), packed.headers["content-encoding"]) == (None, "gzip")
    assert plain.headers["etag"] != packed.headers["etag"]
    assert "Accept-Encoding" in plain.headers["vary"]
    for answer, sent in ((plain, PLAIN), (packed, PACKED)):
        again = {**api.public, **sent, "If-None-Match": answer.headers["etag"]}
        held = await api.http.get(path, headers=again)
        assert (held.status_code, held.content, held.headers["etag"]) == (304, b"", answer.headers["etag"])
        assert "Accept-Encoding" in held.headers["vary"]

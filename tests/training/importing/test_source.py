import gzip
from pathlib import Path

import pytest

from recommender.errors import ImportingError
from tests.training.importing.conftest import Write
from training.importing.source import PIECE, Source


def test_gzip_is_read_directly(write: Write) -> None:
    assert b"".join(write("a,b\n1,2\n", "file.csv.gz").blocks()) == b"a,b\n1,2\n"


def test_a_gzip_file_that_was_cut_short_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(gzip.compress(bytes(range(256)) * 99)[:-20])

    with pytest.raises(ImportingError, match=r"cut\.csv\.gz: the file is damaged or cut short"):
        list(Source(path).raw())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_tells_the_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("título\n".encode(encoding))

    assert b"".join(Source(path).pieces()).decode() == "título\n"


def test_another_encoding_is_read_when_it_is_named(write: Write) -> None:
    assert b"".join(write("título\n", encoding="cp1252").pieces()).decode() == "título\n"


def test_an_unknown_encoding_is_refused(write: Write) -> None:
    with pytest.raises(ImportingError, match="encoding: 'klingon' is not known"):
        Source(write("a").path, "klingon")


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"PK\x03\x04rest", "a zip or Excel file"), (b"BZh9", "bzip2"), (b"a\0b\0", "no text file")],
)
def test_other_kinds_of_file_are_refused_with_what_they_are(write: Write, data: bytes, reason: str) -> None:
    with pytest.raises(ImportingError, match=reason):
        list(write(data).pieces())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImportingError, match="there is no such file"):
        Source(tmp_path / "none.csv")


def test_blocks_end_with_lines_however_long_the_file_is(write: Write) -> None:
    line = b"x" * 99 + b"\n"
    data = line * (2 * PIECE // len(line)) + b"the end"

    blocks = list(write(data).blocks())

    assert len(blocks) > 2
    assert all(block.endswith(b"\n") for block in blocks[:-1])
    assert b"".join(blocks) == data


def test_the_report_ends_with_the_size_of_the_stored_file(tmp_path: Path, write: Write) -> None:
    path, seen = write("abc\n" * 1000, "file.csv.gz").path, list[int]()

    list(Source(path, report=seen.append).raw())

    assert seen[-1] == path.stat().st_size


def test_the_fingerprint_depends_on_bytes_and_options(write: Write) -> None:
    one = write("a", "one.csv")

    assert one.fingerprint("csv") == write("a", "two.csv").fingerprint("csv")
    assert one.fingerprint("csv") != one.fingerprint("ga4")
    assert one.fingerprint("csv") != write("b", "three.csv").fingerprint("csv")

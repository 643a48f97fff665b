import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import ImportingError
from tests.conftest import NOW
from tests.training.importing.conftest import Write
from training.importing.delimited import LINE, Delimited
from training.importing.intake import Intake
from training.importing.rejects import Rejects
from training.importing.source import Source


def read(source: Source, intake: Intake) -> list[tuple[object, ...]]:
    return [row for frame in Delimited.open(source, {"a", "b"}).frames(intake) for row in frame.iter_rows()]


def refused(intake: Intake) -> list[tuple[int, str]]:
    intake.rejects.__exit__(None, None, None)
    rows = map(orjson.loads, intake.rejects.path.read_bytes().splitlines())
    return [(row["line"], row["reason"]) for row in rows]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_by_the_header(write: Write, intake: Intake, mark: str) -> None:
    assert read(write(f"a{mark}b\n1{mark}2\n"), intake) == [(2, "1", "2")]


@pytest.mark.parametrize("quote", ["", '"'])
def test_empty_cells_are_null_and_others_lose_their_spaces(write: Write, intake: Intake, quote: str) -> None:
    source = write(f"a,b\r\n  1 ,{quote}{quote}\r\n\r\n,2\r\n")

    assert read(source, intake) == [(2, "1", None), (4, None, "2")]


@pytest.mark.parametrize("quote", ["", '"'])
def test_rows_of_another_width_are_refused_with_their_line(write: Write, intake: Intake, quote: str) -> None:
    source = write(f"a,b\n1,2\n3\n4,5,6\n{quote}7{quote},8")

    assert read(source, intake) == [(2, "1", "2"), (5, "7", "8")]
    assert refused(intake) == [(3, "2 fields are expected, 1 found"), (4, "2 fields are expected, 3 found")]
    assert intake.rows == 4


def test_quoted_cells_may_hold_delimiters_quotes_and_line_ends(write: Write, intake: Intake) -> None:
    source = write('a,b\n"1,5","say ""hi"""\n"two\nlines",x\n7" pipe,y\n')

    assert read(source, intake) == [(2, "1,5", 'say "hi"'), (3, "two\nlines", "x"), (5, '7" pipe', "y")]


def test_a_quoted_cell_may_go_on_in_the_next_block(
    intake: Intake, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    monkeypatch.setattr("training.importing.source.PIECE", 8)

    assert read(write('a,b\n1,"x\ny\nz"\n3,4\n5,6\n'), intake) == [(2, "1", "x\ny\nz"), (5, "3", "4"), (6, "5", "6")]


def test_a_quote_that_is_never_closed_costs_one_row_and_not_the_file(write: Write, intake: Intake) -> None:
    rows = "1,2\n" * 40_000

    read(write(f'a,b\n"oops,2\n{rows}'), intake)

    assert refused(intake)[0] == (2, "a quotation mark opens here and nothing closes it")
    assert intake.rows > 1000


def test_rows_in_another_encoding_are_refused_and_the_others_read(write: Write, intake: Intake) -> None:
    source = write(b"a,b\ntitle,2\nt\xedtulo,3\n")

    assert read(source, intake) == [(2, "title", "2")]
    assert refused(intake) == [(3, "is not UTF-8 text; pass --encoding")]


def test_columns_without_a_name_or_with_the_same_name_are_told_apart(write: Write) -> None:
    assert Delimited.open(write(" a ,,a\n"), {"a"}).columns == ("a", "column_2", "a_3")


@pytest.mark.parametrize("text", ["", "\n", "\na,b\n"])
def test_a_file_without_a_header_is_refused(write: Write, text: str) -> None:
    with pytest.raises(ImportingError, match="the first line names the columns"):
        Delimited.open(write(text), {"a"})


cells = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], include_characters=" "), max_size=5)


@given(st.lists(st.tuples(cells, cells), max_size=20))
def test_quoted_and_plain_files_give_the_same_rows(rows: list[tuple[str, str]]) -> None:
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    plain = [row for row in rows if not set("".join(row)) & set('",')]

    assert _round_trip(plain, csv.QUOTE_MINIMAL) == _round_trip(plain, csv.QUOTE_ALL)
    assert _round_trip(rows, csv.QUOTE_ALL) == [tuple(cell.strip() or None for cell in row) for row in rows]


def _round_trip(rows: list[tuple[str, str]], quoting: int) -> list[tuple[str | None, ...]]:
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator="\n").writerows([("a", "b"), *rows])  # type: ignore[arg-type]
    with TemporaryDirectory() as folder:
        path = Path(folder, "file.csv")
        path.write_text(text.getvalue(), "utf-8", newline="")
        with Rejects(Path(folder, "rejects")) as rejects:
            frames = list(Delimited.open(Source(path), {"a", "b"}).frames(Intake(NOW, "w", rejects)))
    return pl.concat(frames).drop(LINE).rows() if frames else []

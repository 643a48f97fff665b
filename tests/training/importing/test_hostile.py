"""Files that somebody made to hurt: they are refused in words, by file, line or field, and cost little."""

import gzip
from pathlib import Path

import orjson
import pytest

from recommender.errors import ImportingError
from tests.training.importing.conftest import Importing, Write
from training.importing.source import UNPACKED_FREELY, Source

HEADER = "event,timestamp,visitor_id,item_id,quantity,price\n"
GOOD = "view_item,2024-03-01,v,A,,\n"
EVENT = {"event": "view_item", "timestamp": "2024-03-01", "client_id": "v", "item_id": "A"}


def rejected(importing: Importing) -> list[tuple[int, str]]:
    [file] = importing.folder.rejects.glob("*.jsonl")
    return [(row["line"], row["field"]) for row in map(orjson.loads, file.read_bytes().splitlines())]


def test_a_gzip_bomb_is_refused_long_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"\n" * (UNPACKED_FREELY + 1)))
    with pytest.raises(ImportingError, match=r"bomb\.csv\.gz: more than 100 bytes come out of each of its bytes"):
        list(Source(path).blocks())


@pytest.mark.parametrize("encoding", ["utf-7", "none", "shift_jis", "big5"])
def test_a_feed_in_an_encoding_that_is_not_known_is_refused(write: Write, importing: Importing, encoding: str) -> None:
    with pytest.raises(ImportingError, match="the XML cannot be read on"):
        importing.catalog(write(f"<?xml version='1.0' encoding='{encoding}'?><rss><item><id>A</id></item></rss>"))


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">',
        '<!ENTITY c SYSTEM "file:///etc/passwd">',
        '<!ENTITY c SYSTEM "http://169.254.169.254/">',
        '<!ENTITY % p SYSTEM "http://localhost/x.dtd">%p;',
    ],
)
def test_a_feed_with_entities_of_its_own_is_refused(write: Write, importing: Importing, declared: str) -> None:
    with pytest.raises(ImportingError, match="declares entities of its own"):
        importing.catalog(write(f"<!DOCTYPE rss [{declared}]><rss><item><id>A</id><title>&c;</title></item></rss>"))


def test_an_external_description_of_a_feed_is_not_fetched(write: Write, importing: Importing) -> None:
    importing.catalog(write('<!DOCTYPE rss SYSTEM "http://localhost/x.dtd"><rss><item><id>A</id></item></rss>'))
    assert importing.items() == {"A": {"id": "A"}}


def test_an_item_of_a_feed_has_an_end(write: Write, importing: Importing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.importing.merchant_xml.LONGEST_DOCUMENT", 1 << 20)
    for text in ("<a>" * 40, "<a/>" * 1_100_000, "x" * 1_100_000):
        with pytest.raises(ImportingError, match="line 1: an item may have at most 1 MB and 32 levels"):
            importing.catalog(write(f"<rss><item>{text}"))


@pytest.mark.parametrize("name", ["lines.jsonl", "array.json"])
def test_json_that_is_nested_too_deep_costs_a_row(write: Write, importing: Importing, name: str) -> None:
    deep = orjson.dumps({**EVENT, "extra": orjson.Fragment(b"[" * 40 + b"]" * 40)})
    both = [orjson.dumps(EVENT), deep]
    importing.events(write(b"[" + b",\n".join(both) + b"]" if name == "array.json" else b"\n".join(both), name))
    assert rejected(importing) == [(2, "document")]


def test_an_array_deeper_than_the_interpreters_stack_is_refused(write: Write, importing: Importing) -> None:
    with pytest.raises(ImportingError, match="line 1: nest lists and objects at most 32 levels deep"):
        importing.events(write(b'[{"a":' * 50_000 + b"1", "deep.json"))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 400, "9" * 5000])
def test_what_is_no_number_in_an_array_is_refused_by_its_field(write: Write, importing: Importing, number: str) -> None:
    bad = orjson.dumps(EVENT)[:-1].decode() + f', "value": {number}}}'
    importing.events(write(f"[{orjson.dumps(EVENT).decode()},\n{bad}]", "numbers.json"))
    assert rejected(importing) == [(2, "value")]


def test_half_a_character_in_an_array_costs_a_row(write: Write, importing: Importing) -> None:
    importing.catalog(write('[{"id": "A"}, {"id": "B", "colour": "\\ud800"}]', "items.json"))
    assert importing.items() == {"A": {"id": "A"}}


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("view_item,2024-03-01,v,a\0b,,", "item_id"),
        (f"view_item,2024-03-01,v,{'x' * 10_000},,", "item_id"),
        ("view_item,0001-01-01,v,A,,", "timestamp"),
        ("view_item,9999-12-31T23:59:59-23:59,v,A,,", "timestamp"),
        ("view_item,99999999999999999999,v,A,,", "timestamp"),
        ("view_item,2024-03-01,v,A,NaN,", "quantity"),
        ("view_item,2024-03-01,v,A,,Infinity", "price"),
        ("view_item,2024-03-01,v,A,,1e400", "price"),
        (f'view_item,2024-03-01,v,"{"x" * 200_000}",,', "row"),
    ],
)
def test_a_row_is_refused_by_its_field_and_the_others_are_read(
    write: Write, importing: Importing, row: str, field: str
) -> None:
    assert importing.events(write(HEADER + GOOD * 200 + row + "\n" + GOOD)).written == 201
    assert rejected(importing) == [(202, field)]


@pytest.mark.parametrize("id_", ["ИД-42", "商品", "سلعة", "👩‍👩‍👧‍👦", "../../etc/passwd", "/", "=1+1", "e\u0301"])
def test_an_id_of_any_script_is_taken_as_it_is(write: Write, importing: Importing, id_: str) -> None:
    assert importing.events(write(HEADER + f"view_item,2024-03-01,v,{id_},,\n")).written == 1
    importing.catalog(write(f"id,title\n{id_},T\n"))
    assert list(importing.items()) == [id_]


def test_a_header_of_any_kind_is_refused_in_words(write: Write, importing: Importing) -> None:
    for header, reason in [
        (",".join(f"c{number}" for number in range(1001)), "use at most 1000 columns; found: 1001"),
        ("x" * 200_000, "no column for event"),
        ('a"\rb', "no column for event"),
    ]:
        with pytest.raises(ImportingError, match=reason):
            importing.events(write(f"{header}\n1\n"))


def test_columns_that_are_called_alike_are_told_apart(write: Write, importing: Importing) -> None:
    importing.catalog(write("id,a,a,a_3,,column_5\nA,1,2,3,4,5\n"))
    assert importing.items()["A"] == {"id": "A", "a": "1", "a_4": "2", "a_3": "3", "column_6": "4", "column_5": "5"}


def test_a_shopify_column_called_id_is_not_the_items(write: Write, importing: Importing) -> None:
    importing.catalog(write("ID,Handle,Title,Variant SKU,Variant Price\n77,lamp,Lamp,L-1,5\n"))
    assert list(importing.items()) == ["L-1"]

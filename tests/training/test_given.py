"""Cases from a file: every line is a case, or named."""

import gzip
from pathlib import Path

import pytest

from recommender.errors import ImportingError, InputError
from recommender.strategy import Strategy
from training.cases import Unit
from training.given import given_tasks


def written(folder: Path, text: str, name: str = "cases.jsonl") -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def test_a_session_is_asked_of_for_you(tmp_path: Path) -> None:
    (task,) = given_tasks(written(tmp_path, '{"session": ["a", "b"], "relevant": ["c"]}\n\n'))

    (case,) = task.cases
    assert (task.strategies, task.unit, task.allow_seen) == ((Strategy.FOR_YOU,), Unit.SESSIONS, False)
    assert [one.item_id for one in case.visitor.session] == ["a", "b"]
    assert case.relevant == {"c"}


def test_cases_are_parted_by_what_is_asked_of_whom(tmp_path: Path) -> None:
    lines = (
        '{"visitor_id": "v", "relevant": ["a"]}',
        '{"customer_id": "c", "relevant": ["a"]}',
        '{"customer_id": "c", "relevant": ["a"], "allow_seen": true}',
        '{"customer_id": "c", "relevant": ["a"], "strategy": "buy_again"}',
        '{"item_ids": ["b"], "relevant": ["a"]}',
        '{"item_ids": ["b"], "relevant": ["a"], "strategy": "bought_together"}',
    )

    tasks = given_tasks(written(tmp_path, "\n".join(lines)))

    assert [(task.strategies[0], task.unit, task.allow_seen, len(task.cases)) for task in tasks] == [
        (Strategy.FOR_YOU, Unit.PEOPLE, False, 2),
        (Strategy.FOR_YOU, Unit.PEOPLE, True, 1),
        (Strategy.BUY_AGAIN, Unit.BUYERS, True, 1),
        (Strategy.SIMILAR, Unit.SESSIONS, None, 1),
        (Strategy.BOUGHT_TOGETHER, Unit.ORDERS, None, 1),
    ]
    assert len({task.name for task in tasks}) == 5


def test_csv_and_json_lines_say_the_same(tmp_path: Path) -> None:
    table = "visitor_id,session,relevant,strategy,allow_seen\n,a|b,c|d,for_you,true\nv,,7,,\n"
    objects = (
        '{"session": ["a", "b"], "relevant": ["c", "d"], "strategy": "for_you", "allow_seen": true}\n\n'
        '{"visitor_id": "v", "relevant": [7]}'
    )

    read = given_tasks(written(tmp_path, table, "cases.csv"))

    other = given_tasks(written(tmp_path, objects))
    for task, same in zip(read, other, strict=True):
        assert (task.name, task.strategies, task.allow_seen) == (same.name, same.strategies, same.allow_seen)
        assert [(case.visitor, case.relevant) for case in task.cases] == [
            (case.visitor, case.relevant) for case in same.cases
        ]


def test_a_gzipped_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "cases.csv.gz"
    file.write_bytes(gzip.compress(b"session,relevant\na,b\n"))

    assert given_tasks(file)[0].cases[0].relevant == {"b"}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"session": ["a"]}', "line 2, relevant"),
        ('{"session": ["a"], "relevant": []}', "line 2, relevant: .* at least 1 item"),
        ('{"relevant": ["a"]}', "line 2, case: .* one of visitor_id, customer_id, session and item_ids"),
        ('{"session": ["a"], "relevant": ["b"], "who": 1}', "line 2, who: .* known fields are visitor_id"),
        ('{"session": ["a"], "relevant": ["b"], "strategy": "best"}', "line 2, strategy: 'best' .*'for_you'"),
        ('{"session": "a", "relevant": ["b"]}', "line 2, session"),
        ('{"session": ["a"], "relevant": [true]}', "line 2, relevant.0"),
        ('["a"]', "line 2: .*one JSON object a line"),
        ("a,b", "line 2: .*one JSON object a line"),
    ],
)
def test_what_is_no_case_is_named(tmp_path: Path, line: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        given_tasks(written(tmp_path, f'{{"session": ["a"], "relevant": ["b"]}}\n{line}\n'))


def test_a_row_longer_than_its_header_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 2: .*the header has 2 columns"):
        given_tasks(written(tmp_path, "session,relevant\na,b,c\n", "cases.csv"))


def test_a_file_without_a_case_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportingError, match="holds no case"):
        given_tasks(written(tmp_path, "\n"))
    with pytest.raises(ImportingError, match=r"nowhere\.csv: there is no such file"):
        given_tasks(tmp_path / "nowhere.csv")
    (tmp_path / "broken.csv.gz").write_bytes(b"session")
    with pytest.raises(ImportingError, match=r"broken\.csv\.gz holds no case"):
        given_tasks(tmp_path / "broken.csv.gz")

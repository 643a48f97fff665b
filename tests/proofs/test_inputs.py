"""The short form of the proof: every call and every parser, a few times."""

from pathlib import Path

import pytest

from tests.proofs import calls, guided, parsers
from tests.proofs.inputs import every_call


def test_every_call_is_taken_as_documented_and_none_fails_or_answers_what_is_not(tmp_path: Path) -> None:
    with calls.serving(tmp_path) as service:
        every_call(service, made_up=2, spoilt=5, seed=1)
        assert len(service.called) == len(service.operations)


@pytest.mark.parametrize("name", parsers.parsers())
def test_a_parser_understands_its_examples(name: str) -> None:
    parser = parsers.parsers()[name]
    assert all(parsers.refused(parser, example) is None for example in parser.examples)


def test_no_parser_fails_at_documents_that_are_nearly_right() -> None:
    assert len([*parsers.tried(examples=60, number=1)]) == len(parsers.parsers())


@pytest.mark.skipif(not guided.available(), reason="atheris has no build for this Python or machine")
def test_coverage_guides_to_nothing_that_fails() -> None:
    [(name, runs, begun, covered)] = guided.tried({"segments": 2000}, 1)

    assert (name, runs) == ("segments", 2000)
    assert covered >= begun > 0

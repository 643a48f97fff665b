from pathlib import Path

import pytest

from recommender.errors import ConfigurationError
from recommender.training import EvaluationConfig, TrainingConfiguration


def test_what_is_left_out_keeps_its_default() -> None:
    found = TrainingConfiguration.parse({"factors": {"dimensions": 32}})

    assert found.factors.dimensions == 32
    assert found.views == TrainingConfiguration().views


def test_a_document_parses_to_its_configuration() -> None:
    found = TrainingConfiguration.parse({"seed": 3})

    assert TrainingConfiguration.parse(found.document()) == found


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"factors": {"dimensions": 0}}, r"training\.factors\.dimensions: 0 is not allowed; .*greater than 0"),
        ({"factors": {"dimension": 8}}, r"training\.factors\.dimension: 8 .* known settings are dimensions, "),
        ({"color": 1}, r"training\.color: 1 .* known settings are seed, "),
        ({"factors": 5}, r"training\.factors: 5 is not allowed"),
        ({"memory_gb": 0.5}, r"training\.memory_gb: 0\.5 is not allowed; .*greater than or equal to 1"),
        (
            {"evaluation": {"whole_interactions": 10, "sample_interactions": 20}},
            r"training\.evaluation: .*sample_interactions: 20 is more than whole_interactions, 10",
        ),
    ],
)
def test_a_setting_that_is_not_allowed_is_named_with_what_is(document: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        TrainingConfiguration.parse(document)


def test_memory_bounds_blocks_and_what_is_learned_from() -> None:
    usual, half = TrainingConfiguration(), TrainingConfiguration(memory_gb=6)

    assert (half.blocks.pairs, half.most_events) == (usual.blocks.pairs // 2, usual.most_events // 2)


def test_only_a_large_log_is_judged_by_a_sample() -> None:
    config = EvaluationConfig(whole_interactions=100, sample_interactions=40)

    assert [config.judged_of(size) for size in (30, 100, 101)] == [30, 100, 40]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"seed": 3}'),
        ("a.json", '{"training": {"seed": 3}, "placements": []}'),
        ("a.toml", "seed = 3"),
        ("a.toml", "[training]\nseed = 3"),
    ],
)
def test_a_file_holds_the_section_or_a_whole_configuration(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)

    assert TrainingConfiguration.read(tmp_path / name).seed == 3


@pytest.mark.parametrize("text", ["{", "[1]", "\xff"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text, "latin-1")

    with pytest.raises(ConfigurationError, match=r"a\.json"):
        TrainingConfiguration.read(tmp_path / "a.json")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        TrainingConfiguration.read(tmp_path / "nowhere.json")

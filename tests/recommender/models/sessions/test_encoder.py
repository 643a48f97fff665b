import numpy as np
import pytest

from recommender.errors import ArtifactError
from recommender.models.sessions import EncoderConfig, SessionEncoder, closest
from tests.recommender.models.contract import ModelContract
from tests.recommender.models.sessions.logs import SMALL, sessions, wandering


class TestSessionEncoder(ModelContract):
    @pytest.fixture
    def model(self) -> SessionEncoder:
        return SessionEncoder.fit(wandering(60), SMALL.encoder.model_copy(update={"epochs": 1}))


@pytest.fixture(scope="module")
def learned() -> SessionEncoder:
    return SessionEncoder.fit(wandering(), SMALL.encoder)


def test_items_of_one_ring_are_told_from_the_others(learned: SessionEncoder) -> None:
    scores = learned.score(np.array([12, 13], np.int32))

    assert set(np.argsort(-scores)[:8].tolist()) <= set(range(10, 20))


def test_vectors_have_length_one(learned: SessionEncoder) -> None:
    np.testing.assert_allclose(np.linalg.norm(learned.vectors, axis=1), 1, rtol=1e-5)


def test_the_closest_items_are_those_of_an_exact_search(learned: SessionEncoder) -> None:
    scores = learned.sharpness * (learned.vectors @ learned.vectors.T) + learned.bias
    np.fill_diagonal(scores, -np.inf)

    expected = np.sort(scores, axis=1)[:, ::-1][:, : learned.near.shape[1]]

    np.testing.assert_allclose(np.take_along_axis(scores, learned.near, axis=1), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("likeliest", [1, 8])
def test_inverted_lists_find_nearly_all_of_the_closest(
    learned: SessionEncoder, monkeypatch: pytest.MonkeyPatch, likeliest: int
) -> None:
    monkeypatch.setattr(closest, "EXACT", 5)
    monkeypatch.setattr(closest, "LIKELIEST", likeliest)
    near = closest.closest(learned.vectors, learned.bias, learned.sharpness, learned.near.shape[1])

    pairs = zip(near.tolist(), learned.near.tolist(), strict=True)
    assert np.mean([len(set(found) & set(exact)) / len(exact) for found, exact in pairs]) > 0.9


@pytest.mark.parametrize(("prefixes", "rounds"), [(10, 4), (100, 4), (101, 3), (200, 2), (400, 1), (5000, 1), (0, 4)])
def test_more_prefixes_are_learned_from_less_often(prefixes: int, rounds: int) -> None:
    assert EncoderConfig(epochs=4, max_lessons=400).rounds(prefixes) == rounds


def test_of_too_many_prefixes_the_latest_are_learned_from() -> None:
    found = sessions("ab", "cd", "ef")

    model = SessionEncoder.fit(found, EncoderConfig(dimensions=4, epochs=1, max_lessons=1))

    assert model.bias[5] > 0
    np.testing.assert_allclose(model.bias[[1, 3]], 0, atol=1e-4)


def test_an_item_that_nobody_met_is_close_to_nothing() -> None:
    model = SessionEncoder.fit(sessions("abc", "bca"), EncoderConfig(dimensions=4, epochs=1, neighbours=4))

    assert not model.vectors[25].any()
    assert (model.near[25] == -1).all()
    assert model.near[0].tolist()[2:] == [-1, -1]


def test_the_same_seed_learns_the_same() -> None:
    first, second = (SessionEncoder.fit(wandering(60), SMALL.encoder) for _ in range(2))

    np.testing.assert_array_equal(first.vectors, second.vectors)
    np.testing.assert_array_equal(first.positions, second.positions)


def test_a_description_that_cannot_be_read_is_named(learned: SessionEncoder, tmp_path) -> None:  # type: ignore[no-untyped-def]
    learned.save(tmp_path)
    (tmp_path / "encoder.json").write_text("{}")

    with pytest.raises(ArtifactError, match=r"encoder\.json"):
        SessionEncoder.load(tmp_path)

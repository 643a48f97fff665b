import numpy as np
import pytest

from recommender.models.bought_together import BoughtTogetherConfig, fit_bought_together
from recommender.models.completion import CompletionConfig, fit_completion
from recommender.models.neighbours import NeighbourModel
from tests.recommender.models.contract import ModelContract
from tests.recommender.models.test_cooccurrence import baskets

PLAIN = CompletionConfig(basket_exponent=0, target_exponent=0, regularization=1)
EVERY_PAIR = BoughtTogetherConfig(min_likelihood_ratio=0, min_support=1)


def completion(*orders: str, config: CompletionConfig = PLAIN) -> NeighbourModel:
    found = baskets(*orders)
    return fit_completion(found, fit_bought_together(found, EVERY_PAIR), config)


def share(model: NeighbourModel, source: int, target: int) -> float:
    near = model.neighbours(source)
    return float(near.scores[near.rows == target].sum())


class TestCompletion(ModelContract):
    @pytest.fixture
    def model(self) -> NeighbourModel:
        return completion(*["ab"] * 4, "c", "d")


def test_of_one_reason_the_share_is_the_ridge_regression() -> None:
    # Four orders hold both, five hold a: 4 / (5 + 1).
    assert share(completion(*["ab"] * 4, "a", "c", "c"), 0, 1) == pytest.approx(4 / 6)


def test_two_reasons_that_always_come_together_share_what_one_alone_would_say() -> None:
    # G = [[4, 4], [4, 4]] + I, wanted = [4, 4]: both get 4 / 9.
    model = completion(*["abc"] * 4, "d", "d", "d")

    assert (share(model, 0, 2), share(model, 1, 2)) == (pytest.approx(4 / 9), pytest.approx(4 / 9))


def test_a_bystander_adds_nothing_when_the_true_reason_is_known() -> None:
    # c goes with a; b is often there too, but without a never brings c.
    model = completion(*["abc"] * 6, *["ac"] * 4, *["b"] * 4, *["d"] * 9)

    assert share(model, 0, 2) > 0.7
    assert abs(share(model, 1, 2)) < 0.2


def test_what_never_met_has_no_share() -> None:
    assert not len(completion(*["ab"] * 3, *["cd"] * 3).neighbours(4).rows)
    assert share(completion(*["ab"] * 3, *["cd"] * 3), 0, 2) == 0


def test_without_orders_of_two_items_nothing_is_completed() -> None:
    assert not len(completion("a", "b").rows)


def test_lists_are_in_falling_order() -> None:
    model = completion(*["abc"] * 3, *["ab"] * 3, *["cd"] * 2, "ef")

    for row in range(len(model)):
        assert (np.diff(model.neighbours(row).scores) <= 0).all()

import json
from pathlib import Path

import numpy as np
import pytest

from recommender.errors import ArtifactError
from recommender.lifecycle.rfm import RfmGroup
from recommender.models.customers import TERMS, Customer, CustomerModel, Terms
from tests.recommender.models.contract import ModelContract


@pytest.fixture
def model() -> CustomerModel:
    """Two people, one of whom has a browser of their own and a next order to come."""
    columns = {
        "orders": np.array([2, 1]),
        "spend": np.array([30.0, 1e9 + 0.01]),
        "first": np.array([100, 300]),
        "last": np.array([200, 300]),
        "recency": np.array([5, 0]),
        "rfm_group": np.array([1, 0]),
        "churn_probability": np.array([0.25, np.nan]),
        "expected_date_of_next_order": np.array([1_700_000_001.0, np.nan]),
    }
    terms = Terms(money="profit", currency="EUR", model="bgnbd", reason="enough orders")
    return CustomerModel.fit(["customer:ann", "visitor:v"], columns, browsers={"visitor:hers": 0}, terms=terms)


class TestCustomerModel(ModelContract):
    model_class = CustomerModel


def test_a_person_is_found_by_account_then_by_browser(model: CustomerModel) -> None:
    ann = model[0]
    assert (
        model.of(customer_id="ann") == model.of(visitor_id="hers") == model.of(customer_id="ann", visitor_id="v") == ann
    )
    assert model.of(customer_id="nobody", visitor_id="v") == model[1]
    assert model.of(customer_id="nobody") is None
    assert list(model.people) == ["customer:ann", "visitor:v"]


def test_what_is_unknown_is_none_and_sums_are_exact(model: CustomerModel) -> None:
    assert model[0] == Customer(
        2, 30.0, 100, 200, recency=5, rfm_group=RfmGroup.CHAMPIONS, churn_probability=0.25,
        expected_date_of_next_order=1_700_000_001.0,
    )  # fmt: skip
    assert model[1] == Customer(1, 1e9 + 0.01, 300, 300)


def test_terms_are_kept_and_damaged_ones_refused(model: CustomerModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    assert CustomerModel.load(tmp_path).terms == model.terms
    (tmp_path / TERMS).write_text(json.dumps({"unheard": "of"}))
    with pytest.raises(ArtifactError, match=TERMS):
        CustomerModel.load(tmp_path)

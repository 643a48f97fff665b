"""The page shows what the document says, and claims nothing beyond it."""

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.training.measuring.logs import START, decided, log, triggered
from training.measuring.page import amount, page
from training.measuring.plots import calibration, columns, lift, reach
from training.measuring.report import Asked, Basis, told

UNTIL = START + timedelta(days=20)


def document(*events: dict[str, Any], **more: Any) -> dict[str, Any]:
    rows, asked = log(*events), Asked(now=UNTIL)
    found = told(rows, Basis.of(rows, [], asked), asked, UNTIL)
    return {"shop": "gifts", "events": len(events), **found, "models": [], **more}


def text(found: dict[str, Any]) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page(found).split("</style>")[1]))


def test_groups_of_the_wrong_size_are_told_instead_of_verdicts() -> None:
    events = [decided(f"v{n}", "shown" if n % 20 else "holdout", at=n / 200) for n in range(2000)]
    shown = text(document(*events))
    assert "The groups have not the sizes that were drawn" in shown
    assert "Cannot tell yet whether" not in shown


def test_an_empty_group_is_told() -> None:
    assert "one of the groups is empty" in text(document(decided("v", "shown")))


def test_triggers_and_the_reasons_against_them_are_counted() -> None:
    found = document(triggered("v", reason="order_too_small"), triggered("w"), triggered("x", reason="holdout"))
    assert "triggered 3 shown 1 seen 0 taken 0 dismissed 0" in text(found)
    assert "holdout 1 order too small 1" in text(found)


def test_models_stand_side_by_side_and_damaged_ones_say_so() -> None:
    rows = [
        {"task": "orders", "ndcg": 0.25, "baseline": False},
        {"task": "orders", "ndcg": 0.125, "baseline": False},
        {"task": "orders", "ndcg": 0.5, "baseline": True},
    ]
    good = {"version": "2", "in_service": True, "data_end": START, "metrics": {"results": rows}}
    bad = {"version": "1", "in_service": False, "problem": "a file is damaged"}
    shown = text(document(decided("v", "shown"), models=[bad, good]))
    assert "1 – a file is damaged –" in shown  # noqa: RUF001 - dashes
    assert "2 2025-03-03 in service 0.250" in shown


def test_a_lift_that_goes_on_beyond_the_scale_has_an_arrow_there() -> None:
    assert lift(0.1, (-0.05, 0.3), 0.2, "gain").count("<path") == 1
    assert lift(0.1, (-0.05, 0.2), 0.2, "gain").count("<path") == 0
    assert lift(0.5, (-0.5, 0.9), 0.2, "gain").count("<circle") == 0
    assert lift(None, (None, None), 0.2, "gain").count("<line") == 1


@pytest.mark.parametrize(("ends", "far"), [((-0.2, 0.4), 0.4), ((-3.0, 5.0), 1.0), ((None, None), 0.01)])
def test_the_scale_fits_what_decides_up_to_double(ends: tuple[float | None, float | None], far: float) -> None:
    explains = {"decides": False, "lift_interval": (-0.9, 0.9)}
    assert reach([{"decides": True, "lift_interval": ends}, explains]) == far


def test_columns_are_as_tall_as_their_values() -> None:
    tall = [float(found) for found in re.findall(r'height="([\d.]+)"><title>', columns([2, 1, 0, -1], [*"abcd"], ""))]
    assert tall[0] == 2 * tall[1] > 0
    assert tall[2:] == [0, 0]
    assert columns([], [], "").count("<rect") == 0


def test_amounts_are_told_as_they_are_read() -> None:
    assert [amount(1234.5), amount(0.12345), amount(0.12345, "conversion"), amount(0.0)] == [
        "1,234.50", "0.1235", "12.35%", "0.0000",
    ]  # fmt: skip


def test_what_came_as_foretold_lies_on_the_line_and_larger_parts_are_larger_dots() -> None:
    parts = [
        {"customers": 90, "predicted": 0.5, "actual": 0.5},
        {"customers": 10, "predicted": 1.0, "actual": 2.0},
    ]
    drawn = [[float(number) for number in one] for one in re.findall(
        r'cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', calibration(parts, "orders")
    )]  # fmt: skip
    (x, y, large), (_, top, small) = drawn
    assert x - 22 == pytest.approx(260 - 22 - y)
    assert top == 22
    assert large > small


def test_few_customers_are_told_to_be_too_few_for_groups() -> None:
    assert "1 customers: too few to make groups of" in text(
        document({"customer_id": "ann", "order_id": "1", "value": 5.0})
    )

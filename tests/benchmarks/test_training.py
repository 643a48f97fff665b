import numpy as np

from tests.benchmarks.synthetic.files import Size
from tests.benchmarks.training import Cost, Meter, ratio, table

COSTS = {"reading": Cost(2.0, 1.0, 1.5), "fitting": Cost(6.0, 5.0, 0.5)}
SIZE = Size(300, 3000)


def test_every_step_stands_in_the_table_and_the_sum_below() -> None:
    shown = table(SIZE, COSTS)

    assert "| reading | 2.0 | 1.0 | 1.50 |" in shown
    assert "| whole | 8.0 | 6.0 | 1.50 |" in shown


def test_the_ratio_is_of_the_whole_to_als() -> None:
    shown = ratio(COSTS, Cost(4.0, 2.0, 0.5))

    assert "2.00 times its wall time" in shown
    assert "3.00 times its processor time" in shown


def test_a_step_that_comes_again_goes_on() -> None:
    meter = Meter()
    for step in ("a", "a", "b", "a", "done"):
        meter.begin(step)

    assert [*meter.costs] == ["a", "b"]
    assert all(cost.wall >= 0 for cost in meter.costs.values())


def test_the_peak_of_a_step_is_its_own() -> None:
    meter = Meter()
    meter.begin("large")
    np.ones(2**26)  # half a gigabyte
    meter.begin("small")
    meter.begin("done")

    assert meter.costs["large"].memory > meter.costs["small"].memory + 0.4

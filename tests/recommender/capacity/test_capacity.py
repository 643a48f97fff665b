"""What a demand comes to, by costs that can be worked out in the head."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.capacity.advice import advice
from recommender.capacity.costs import Cost, Costs
from recommender.capacity.demand import Demand
from recommender.capacity.lines import lines
from recommender.capacity.plan import GB, SPARE, Plan
from recommender.engine.shelf import WORTH_KEEPING
from recommender.errors import ConfigurationError, InputError


def cost(value: float, unit: str) -> Cost:
    return Cost.model_validate({"value": value, "unit": unit, "source": "made up"})


COSTS = Costs(
    machine="none",
    worker=cost(200, "MB"),
    shop=cost(1, "MB"),
    item=cost(2, "kB"),
    item_kept=cost(1, "kB"),
    files_shop=cost(0, "MB"),
    files_item=cost(10, "kB"),
    files_event=cost(20, "B"),
    log_event=cost(50, "B"),
    logged_page=cost(200, "B"),
    records_item=cost(500, "B"),
    state_visitor=cost(1, "kB"),
    state_event=cost(200, "B"),
    page=cost(5, "ms"),
    event=cost(1, "ms"),
    training=cost(500, "MB"),
    training_item=cost(5, "kB"),
    training_event=cost(100, "B"),
    training_time=cost(10, "s"),
    training_time_item=cost(1, "ms"),
    training_time_event=cost(0.1, "ms"),
)
USUAL = Demand(items=100_000, visitors=1_000_000, events_per_day=864_000, rps=100, log_days=100, training_gb=100)


def plan(**changes: float) -> Plan:
    return Plan(Demand(**{**vars(USUAL), **changes}), COSTS)


class TestPlan:
    def test_memory_is_what_the_worker_its_shops_and_their_items_take(self) -> None:
        assert plan(shops=100).worker == pytest.approx(200e6 + 100e6 + 100_000 * 2e3)

    def test_tables_of_large_shops_lie_in_files(self) -> None:
        assert plan().worker == pytest.approx(200e6 + 1e6 + 100_000 * 1e3)
        assert plan(items=19_999).worker == pytest.approx(200e6 + 1e6 + 19_999 * 2e3)

    def test_files_are_those_of_items_and_of_events_that_were_learned_from(self) -> None:
        assert plan().files == pytest.approx(100_000 * 10e3 + 86_400_000 * 20)

    def test_workers_carry_pages_and_four_times_the_average_of_events_at_half_their_time(self) -> None:
        assert plan().cores == pytest.approx(100 * 0.005 + 10 * 4 * 0.001)
        assert plan().workers == 2
        assert plan(rps=0, events_per_day=0).workers == 1

    def test_a_machine_runs_a_worker_a_core_while_memory_lasts(self) -> None:
        busy = {"rps": 1000, "events_per_day": 0, "cores": 4}
        assert (plan(**busy).workers, plan(**busy).machines) == (10, 3)
        # 1.31 GB may be planned: beside the half of 1 GB of files two workers of .301 GB fit.
        tight = plan(**busy, memory_gb=1.7)
        assert (tight.together, tight.machines, tight.parts) == (2, 5, 1)

    def test_what_no_machine_holds_is_divided(self) -> None:
        huge = plan(items=100_000_000, events_per_day=0, rps=1000, cores=4, memory_gb=52)
        assert huge.together == 0
        room = 52e9 / SPARE
        assert huge.parts == -int(-(4 * (1e6 + 100e9) + 500e9) // (room - 4 * 200e6))
        assert huge.machines == huge.parts

    def test_the_log_holds_events_and_a_tenth_of_the_pages(self) -> None:
        assert plan().log_day == pytest.approx(864_000 * 50 + 100 * 86_400 / 4 * 0.1 * 200)
        assert plan().disk == pytest.approx(3 * plan().files + 100 * plan().log_day)

    def test_redis_holds_thirty_days(self) -> None:
        assert plan().state == pytest.approx(1e9 + 864_000 * 30 * 200)
        assert plan(visitors=1000).state == pytest.approx(1e6 + 1000 * 500 * 200)
        assert plan().reads == pytest.approx(100 + 4)

    def test_events_that_training_has_no_memory_for_are_not_learned_from(self) -> None:
        assert plan(training_gb=10).files == pytest.approx(100_000 * 10e3 + 16_000_000 * 20)
        assert plan(training_gb=10).log_day == plan().log_day

    def test_training_needs_the_memory_of_one_shop_and_the_time_of_all(self) -> None:
        one, many = plan(), plan(shops=100)
        assert one.training == pytest.approx(0.5e9 + 0.5e9 + 8.64e9)
        assert many.training == pytest.approx(0.5e9 + 0.0914e9)
        assert one.training_seconds == pytest.approx(10 + 100 + 8640)
        assert many.training_seconds == pytest.approx(1000 + 100 + 8640)

    @given(
        st.integers(WORTH_KEEPING, 10**9),
        st.integers(0, 10**9),
        st.integers(0, 10**9),
        st.floats(0, 10**6),
        st.integers(1, 64),
    )
    def test_more_of_anything_never_needs_less(
        self, items: int, visitors: int, events: int, rps: float, cores: int
    ) -> None:
        less = Plan(Demand(items, visitors, events, rps, cores=cores), COSTS)
        more = Plan(Demand(2 * items, 2 * visitors, 2 * events, 2 * rps, cores=cores), COSTS)
        for name in ("worker", "files", "cores", "workers", "disk", "state", "records", "training", "parts"):
            assert getattr(more, name) >= getattr(less, name)
        if more.parts == 1:  # where every machine holds all, dividing what got larger may save some
            assert more.machines >= less.machines >= 1

    def test_half_of_the_files_are_mapped_but_for_small_shops_which_read_most(self) -> None:
        for found, share in (
            (plan(), 0.5),
            (plan(items=501), 0.5),
            (plan(items=500), 0.1),
            (plan(items=100_000, shops=200), 0.1),
        ):
            assert found.mapped == pytest.approx(share * found.files)

    @given(st.integers(1, 10**10), st.floats(0, 10**6), st.integers(1, 64), st.floats(1, 1024))
    def test_machines_are_enough_for_the_workers(self, items: int, rps: float, cores: int, memory: float) -> None:
        found = Plan(Demand(items, 0, 0, rps, cores=cores, memory_gb=memory), COSTS)
        assert found.machines * cores >= found.workers
        if found.parts == 1:
            assert found.together * found.worker + found.mapped <= memory * GB / SPARE


class TestDemand:
    @pytest.mark.parametrize(
        ("name", "value", "option"),
        [
            ("items", 0, "--items"),
            ("visitors", -1, "--visitors"),
            ("events_per_day", -5, "--events-per-day"),
            ("rps", float("nan"), "--rps"),
            ("rps", 10**14, "--rps"),
            ("shops", 0, "--shops"),
            ("log_days", 0, "--log-days"),
            ("memory_gb", 0.5, "--memory-gb"),
        ],
    )
    def test_what_is_not_allowed_is_named_with_what_is(self, name: str, value: float, option: str) -> None:
        with pytest.raises(InputError, match=rf"^{option}: .* is not allowed; use [01] to 10,000,000,000,000$"):
            plan(**{name: value})

    def test_a_shop_has_an_item(self) -> None:
        with pytest.raises(InputError, match="--shops: 200000 is not allowed; use at most one for each of the 100,000"):
            plan(shops=200_000)


class TestAdvice:
    def test_a_small_shop_needs_one_process(self) -> None:
        said = " ".join(advice(plan(items=1000, visitors=10_000, events_per_day=10_000, rps=5)))
        assert "One machine carries it, with one worker" in said
        assert "State may stay in the process" in said
        assert "SQLite" in said

    def test_several_machines_need_a_store_redis_and_postgresql(self) -> None:
        said = " ".join(advice(plan(rps=4000)))
        assert "behind a balancer, and one more" in said
        assert {"VITRINE_STORE", "VITRINE_REDIS_URL", "VITRINE_DATABASE_URL"} <= {*re.findall("[A-Z_]{7,}", said)}

    def test_what_is_too_large_for_a_machine_is_divided_clustered_and_trained_by_spark(self) -> None:
        said = " ".join(advice(plan(items=100_000_000, visitors=10**9, events_per_day=10**9, rps=10**5)))
        assert "divide it into" in said
        assert "Redis Cluster: " in said
        assert "with --engine spark" in said

    def test_shops_that_no_machine_holds_together_are_spread(self) -> None:
        assert "spread them over" in " ".join(advice(plan(items=100_000_000, shops=1000)))

    def test_a_log_of_which_training_takes_the_end_is_told_of(self) -> None:
        assert "learns from the last 19% of the log" not in " ".join(advice(plan()))
        said = " ".join(advice(plan(training_gb=10, events_per_day=2_000_000)))
        assert "One machine learns from the last 8% of the log (training.memory_gb); --engine spark from all" in said

    def test_thousands_of_shops_are_told_of_how_many_are_open(self) -> None:
        assert "VITRINE_OPEN_SHOPS=2000 keeps all shops open" in " ".join(advice(plan(shops=2000)))
        assert "VITRINE_OPEN_SHOPS" not in " ".join(advice(plan(shops=200)))


class TestLines:
    def test_each_figure_has_a_reason(self) -> None:
        found = {line.name: line for line in lines(plan())}
        assert all(line.why for line in found.values())
        assert found["memory of a worker"].value == pytest.approx(0.301)
        assert found["memory of a worker"].why == "200 MB, 1 MB a shop, 1 kB an item; all shops open"
        assert "parts of the catalogue" not in found
        assert "parts of the catalogue" in {line.name for line in lines(plan(items=10**9))}


class TestCosts:
    def test_those_that_come_with_it_say_where_each_comes_from(self) -> None:
        costs = Costs.read()
        for name in Costs.model_fields:
            if name != "machine":
                assert getattr(costs, name).source
        assert costs.worker.of() > 0
        assert costs.page.of() > 0

    def test_what_was_written_is_read_again(self, tmp_path: Path) -> None:
        (tmp_path / "costs.json").write_text(COSTS.document())
        assert Costs.read(tmp_path / "costs.json") == COSTS

    def test_a_wrong_figure_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "costs.json").write_text(COSTS.document().replace('"unit": "kB"', '"unit": "yards"', 1))
        with pytest.raises(ConfigurationError, match=r"costs\.json: item\.unit: Input should be 'MB'"):
            Costs.read(tmp_path / "costs.json")

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match=r"none\.json cannot be read"):
            Costs.read(tmp_path / "none.json")

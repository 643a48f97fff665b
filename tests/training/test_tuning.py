"""Tuning: what it may look at, what it keeps, and when it writes."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from recommender.errors import ConfigurationError, ConflictError, NotFoundError, TrainingError
from recommender.events.locking import held
from recommender.records import Records
from recommender.training import TrainingConfiguration
from recommender.workspace import ShopFolder, Workspace
from tests.conftest import NOW
from tests.training.logs import event, shop_events, write
from training.benches import Aim, validation
from training.budget import Budget
from training.evaluation import evaluate
from training.exams import Measure
from training.fitting import fit, read
from training.search_space import Tuned
from training.steps import LocalSteps
from training.tuning import TuningReport, tune

POOR = {
    "seed": 3,
    "views": {"neighbours": 1},
    "purchases": {"neighbours": 1},
    "factors": {"dimensions": 1, "iterations": 1},
}
"""Lists of one neighbour: nearly everything else is better."""
PLACEMENTS = [{"id": "mine", "page_types": ["home"], "strategy": "for_you"}]


@pytest.fixture(autouse=True)
def shop_record(records: Records) -> None:
    records.shops.create("shop", [], NOW)


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a shop with a log of views, to be copied."""
    folder = Workspace(tmp_path_factory.mktemp("views")).shop("shop")
    write(folder, *shop_events("view_item", people=100))
    return folder.path


@pytest.fixture
def log(shop: ShopFolder, views: Path) -> ShopFolder:
    """A shop with a log of views."""
    shutil.copytree(views, shop.path)
    return shop


def tuned(folder: ShopFolder, records: Records, trials: int = 4, **options: Any) -> TuningReport:
    aim = Aim(options.pop("what", Tuned.SIMILAR), options.pop("measure", Measure.NDCG))
    return tune(folder, records, aim, Budget(None, trials), now=NOW, **options)


def configured(records: Records, **training: Any) -> None:
    records.configurations.put("shop", {"placements": PLACEMENTS, "training": training})


def at_trial(number: int, act: Callable[[], None]) -> Callable[[str, float], None]:
    """A progress report that acts before the trial of that number."""

    def report(step: str, _: float) -> None:
        if step.startswith(f"trial {number}"):
            act()

    return report


def interrupt() -> None:
    raise KeyboardInterrupt


def studies(folder: ShopFolder) -> list[Path]:
    return sorted(folder.tuning.glob("*.jsonl"))


def test_what_is_better_is_written_and_everything_else_stays(log: ShopFolder, records: Records) -> None:
    configured(records, **POOR)

    report = tuned(log, records, 8)
    version, document = records.configurations.get("shop")

    assert report.version == version == 2
    assert report.verdict is not None
    assert report.verdict.low > 0
    assert document["placements"] == PLACEMENTS
    assert document["training"]["seed"] == 3
    assert document["training"]["views"]["neighbours"] == report.changes["views.neighbours"][1] > 1
    assert "written as configuration version 2" in report.decision


def test_what_is_written_is_what_was_judged(log: ShopFolder, records: Records) -> None:
    configured(records, **POOR)
    tuned(log, records, 8)

    again = tuned(log, records, 8)

    assert again.verdict is None, "the best settings are the present ones now"
    assert again.version is None
    assert records.configurations.get("shop")[0] == 2


def test_a_change_of_what_is_tuned_is_compared_in_the_same_search(log: ShopFolder, records: Records) -> None:
    tuned(log, records, 3)
    configured(records, views={"power": 0.7})

    values = tuned(log, records, 5).trials["values"]

    assert len(values) == 5
    assert values[0] == pytest.approx(1)


def test_what_is_not_better_leaves_the_configuration_alone(log: ShopFolder, records: Records) -> None:
    report = tuned(log, records, 3)

    assert report.version is None
    assert records.configurations.get("shop") == (0, {})
    assert "left alone" in report.decision


def test_a_dry_run_changes_nothing(log: ShopFolder, records: Records) -> None:
    configured(records, **POOR)

    report = tuned(log, records, 8, write=False)

    assert report.verdict is not None
    assert report.verdict.better
    assert report.version is None
    assert records.configurations.get("shop")[0] == 1


def test_the_first_trial_is_the_present_configuration(log: ShopFolder, records: Records) -> None:
    configured(records, **POOR)

    report = tuned(log, records, 4)

    assert report.trials["values"][0] == pytest.approx(1)


def test_the_same_seed_and_trials_give_the_same_result(log: ShopFolder, records: Records, tmp_path: Path) -> None:
    configured(records, **POOR)
    first = tuned(log, records, 8, write=False)

    second = tuned(log, records, 8, write=False, fresh=True)

    assert first == second


def test_another_seed_tries_other_settings(log: ShopFolder, records: Records) -> None:
    configured(records, **POOR)
    first = tuned(log, records, 4, write=False)
    configured(records, **POOR | {"seed": 4})

    assert first.trials["values"][1:] != tuned(log, records, 4, write=False).trials["values"][1:]


def test_a_search_that_is_taken_up_again_ends_like_one_that_went_on(log: ShopFolder, records: Records) -> None:
    configured(records, **POOR)
    tuned(log, records, 3, write=False)
    resumed = tuned(log, records, 8, write=False)

    assert resumed == tuned(log, records, 8, write=False, fresh=True)


def test_nothing_is_tried_again_when_all_trials_are_done(log: ShopFolder, records: Records) -> None:
    told: list[str] = []
    tuned(log, records, 4)

    tuned(log, records, 4, progress=lambda step, _: told.append(step))

    assert not [step for step in told if step.startswith("trial")]


def test_an_interrupted_search_writes_what_it_found_and_goes_on(log: ShopFolder, records: Records) -> None:
    configured(records, **POOR)

    report = tuned(log, records, 30, progress=at_trial(8, interrupt))

    assert report.decision.startswith("interrupted; ")
    assert report.trials["judged"] == 7
    assert report.version == 2
    assert tuned(log, records, 9).trials["judged"] == 9


def test_a_search_that_was_interrupted_within_a_trial_does_not_count_it(
    log: ShopFolder, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, asked = tuned(log, records, 4), 0

    class Interrupted(LocalSteps):
        def session_neighbours(self, *given: Any) -> Any:
            nonlocal asked
            asked += 1
            if asked == 4:
                raise KeyboardInterrupt
            return super().session_neighbours(*given)

    cut = tuned(log, records, 4, fresh=True, steps=Interrupted())
    resumed = tuned(log, records, 4)

    assert cut.trials["values"] == whole.trials["values"][: len(cut.trials["values"])]
    assert len(cut.trials["values"]) < 4
    assert len(resumed.trials["values"]) == 4


def test_an_interruption_before_anything_was_judged_says_so(log: ShopFolder, records: Records) -> None:
    report = tuned(log, records, 4, progress=at_trial(1, interrupt))

    assert "not judged yet" in report.decision
    assert tuned(log, records, 4).trials["values"][0] == pytest.approx(1)


def test_the_judged_days_have_no_influence(shop: ShopFolder, records: Records, workspace: Workspace) -> None:
    """Other people, items, sessions and robots after the cutoff leave every trial as it was."""
    events = [*shop_events("view_item", "purchase", people=150)]
    judged = (NOW - timedelta(days=8)).isoformat()  # the last fifth of 40 days
    earlier = [one for one in events if one["timestamp"] < judged]
    later = [one for one in events if one["timestamp"] >= judged]
    end = max(later, key=lambda one: one["timestamp"])  # where the log ends decides which days are judged
    others = [
        event("view_item", f"new{number % 7}", ago=1 + number / 500, visitor_id=f"v{number % 150}", customer_id="c1")
        for number in range(2000)
    ]
    records.shops.create("other", [], NOW)
    other = workspace.shop("other")
    write(shop, *earlier, *later)
    write(other, *earlier, *others, end)

    options: dict[str, Any] = {"what": Tuned.ALL, "trials": 5, "write": False}
    here, there = tuned(shop, records, **options), tuned(other, records, **options)

    assert here.trials == there.trials
    assert here.verdict == there.verdict
    assert here.window == there.window
    assert [path.name for path in studies(shop)] == [path.name for path in studies(other)]


def test_validation_ends_where_the_evaluation_begins(log: ShopFolder, records: Records) -> None:
    configuration = TrainingConfiguration()
    whole = read(log, records, configuration, now=NOW)
    steps = LocalSteps()
    window = evaluate(whole, configuration, fit=lambda one: fit(one, configuration, steps, None)).metrics["window"]

    prepared, begin = validation(log, records, configuration, now=NOW)

    assert begin < prepared.data_end
    assert prepared.data_end.isoformat() < window["from"]
    assert prepared.interactions.timestamps.max() <= prepared.data_end.timestamp()


def test_a_log_that_has_changed_begins_a_new_search_and_drops_the_old_one(log: ShopFolder, records: Records) -> None:
    tuned(log, records, 2)
    before = studies(log)
    write(log, *[event("view_item", "a1", ago=30, visitor_id=f"late{number}") for number in range(9)])

    report = tuned(log, records, 2)

    assert report.trials["judged"] == 2
    assert len(studies(log)) == 1
    assert studies(log) != before


def test_each_strategy_and_measure_has_a_search_of_its_own(log: ShopFolder, records: Records) -> None:
    tuned(log, records, 2)
    tuned(log, records, 2, measure=Measure.RECALL)
    tuned(log, records, 2, what=Tuned.FOR_YOU)

    assert [path.name.split("-")[:2] for path in studies(log)] == [
        ["for_you", "ndcg"], ["similar", "ndcg"], ["similar", "recall"],
    ]  # fmt: skip


def test_a_setting_that_is_not_tuned_begins_a_new_search(log: ShopFolder, records: Records) -> None:
    tuned(log, records, 3)
    configured(records, evaluation={"size": 5})

    assert tuned(log, records, 2).trials["judged"] == 2


def test_all_strategies_are_tuned_by_what_each_is_asked(shop: ShopFolder, records: Records) -> None:
    write(shop, *shop_events("view_item", "purchase", people=150))
    configured(records, **POOR)

    report = tuned(shop, records, 6, what=Tuned.ALL, write=False)

    assert report.verdict is not None
    assert {row["by"] for row in report.verdict.tasks} >= {"similar", "for_you", "bought_together"}
    assert {path.partition(".")[0] for path in report.changes} >= {"views", "bought_together", "factors"}


def test_a_strategy_changes_only_what_it_uses(shop: ShopFolder, records: Records) -> None:
    write(shop, *shop_events("purchase", people=150))
    configured(records, bought_together={"neighbours": 1}, purchases={"neighbours": 1})

    report = tuned(shop, records, 6, what=Tuned.BOUGHT_TOGETHER, write=False)

    assert {path.partition(".")[0] for path in report.changes} <= {"bought_together", "purchases"}


def test_other_settings_to_begin_with_are_written_too(log: ShopFolder, records: Records) -> None:
    configured(records, seed=5)

    report = tuned(log, records, 8, configuration=TrainingConfiguration.parse(POOR))

    assert report.version == 2
    assert records.configurations.get("shop")[1]["training"]["seed"] == 3
    assert records.configurations.get("shop")[1]["placements"] == PLACEMENTS


def test_a_change_of_the_training_settings_meanwhile_is_not_overwritten(log: ShopFolder, records: Records) -> None:
    configured(records, **POOR)

    with pytest.raises(ConflictError, match="changed during tuning"):
        tuned(log, records, 8, progress=at_trial(3, lambda: configured(records, seed=9)))

    assert records.configurations.get("shop")[1]["training"] == {"seed": 9}


def test_a_change_of_other_sections_meanwhile_is_kept(log: ShopFolder, records: Records) -> None:
    configured(records, **POOR)
    other = {"placements": [], "training": POOR}

    report = tuned(log, records, 8, progress=at_trial(3, lambda: _put(records, other)))

    assert report.version == 3
    assert records.configurations.get("shop")[1]["placements"] == []


def _put(records: Records, document: dict[str, Any]) -> None:
    records.configurations.put("shop", document)


def test_two_at_once_are_refused(log: ShopFolder, records: Records) -> None:
    with held(log.tuning / "lock"), pytest.raises(ConflictError, match="being tuned already"):
        tuned(log, records)


def test_a_line_that_a_crash_has_cut_short_is_dropped(log: ShopFolder, records: Records) -> None:
    whole = tuned(log, records, 4)
    content = studies(log)[0].read_bytes()
    studies(log)[0].write_bytes(content[:-20])

    assert tuned(log, records, 3).trials["values"] == whole.trials["values"][:3]
    assert tuned(log, records, 4) == whole


def test_a_damaged_file_is_named_and_begun_anew_when_asked(log: ShopFolder, records: Records) -> None:
    tuned(log, records, 2)
    studies(log)[0].write_text("no study\nat all\n")

    with pytest.raises(TrainingError, match="--fresh"):
        tuned(log, records, 2)

    assert tuned(log, records, 2, fresh=True).trials["judged"] == 2


@pytest.mark.parametrize("ago", [[], [0], [0, 4], [0, 5.5]])
def test_a_log_that_is_too_short_is_refused(shop: ShopFolder, records: Records, ago: list[float]) -> None:
    write(shop, *[event("view_item", "a", ago=days) for days in ago])

    with pytest.raises(TrainingError, match="'shop' is too short"):
        tuned(shop, records)


def test_a_log_without_cases_of_the_strategy_is_refused(log: ShopFolder, records: Records) -> None:
    with pytest.raises(TrainingError, match=r"bought_together cannot be tuned: fewer than 40 .* can be judged"):
        tuned(log, records, what=Tuned.BOUGHT_TOGETHER)


def test_an_unknown_shop_is_refused(workspace: Workspace, records: Records) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        tuned(workspace.shop("nowhere"), records)


def test_settings_that_are_not_allowed_are_refused(log: ShopFolder, records: Records) -> None:
    configured(records, views={"powers": 2})

    with pytest.raises(ConfigurationError, match=r"training\.views\.powers"):
        tuned(log, records)

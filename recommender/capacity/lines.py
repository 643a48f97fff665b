"""A plan as a table: each figure with its reason in a few words."""

from dataclasses import dataclass

from recommender.capacity.advice import nodes
from recommender.capacity.plan import BUSY, GB, KEPT_DAYS, MODELS_KEPT, PEAK, SPARE, Plan

HOUR = 3600.0


@dataclass(frozen=True)
class Line:
    """One figure."""

    name: str
    value: float
    unit: str
    why: str


def lines(plan: Plan) -> list[Line]:
    """Everything that a plan comes to."""
    return [*_process(plan), *_machine(plan), *_servers(plan), *_training(plan)]


def _process(plan: Plan) -> list[Line]:
    costs = plan.costs
    empty, shop, item = costs.worker.of() / 1e6, costs.shop.of() / 1e6, plan.item.of() / 1e3
    memory = f"{empty:,.0f} MB, {shop:.3g} MB a shop, {item:.3g} kB an item; all shops open"
    files = f"{costs.files_item.of() / 1e3:.3g} kB an item, {costs.files_event.of():.3g} B an event; once a machine"
    page, event = costs.page.of() * 1e3, costs.event.of() * 1e3
    busy = f"{page:.3g} ms a page, {event:.3g} ms an event; of events {PEAK} times the average at once"
    return [
        Line("memory of a worker", plan.worker / GB, "GB", memory),
        Line("mapped files of models", plan.files / GB, "GB", files),
        Line("cores at work", plan.cores, "", busy),
        Line("workers", plan.workers, "", f"each works {BUSY:.0%} of its time, so that answers do not wait"),
    ]


def _machine(plan: Plan) -> list[Line]:
    demand, found = plan.demand, []
    if plan.parts > 1:
        why = f"a machine plans {plan.room / GB:,.0f} of {demand.memory_gb:g} GB"
        found = [Line("parts of the catalogue", plan.parts, "", why)]
    together = plan.together or demand.cores
    memory = together * plan.worker + plan.mapped
    if plan.parts > 1:
        memory = together * plan.costs.worker.of() + (together * plan.opened + plan.mapped) / plan.parts
    workers = "a worker" if together == 1 else f"{together} workers"
    kept = f"{MODELS_KEPT} models, and {demand.log_days} days of the log"
    return [
        *found,
        Line("machines", plan.machines, "", f"a worker a core, {demand.cores} cores and {demand.memory_gb:g} GB each"),
        Line(
            "memory of a machine",
            SPARE * memory / GB,
            "GB",
            f"{workers} and {plan.mapped / GB:,.3g} GB of the files, times {SPARE}",
        ),
        Line("disk", plan.disk / GB, "GB", f"{kept}; over all machines"),
        Line("event log, a month", plan.log_day * KEPT_DAYS / GB, "GB", _log(plan)),
    ]


def _log(plan: Plan) -> str:
    costs = plan.costs
    return f"{costs.log_event.of():.3g} B an event, {costs.logged_page.of():.3g} B each tenth page, in Parquet"


def _servers(plan: Plan) -> list[Line]:
    costs = plan.costs
    state = f"{costs.state_visitor.of():.0f} B a visitor, {costs.state_event.of():.0f} B an event of {KEPT_DAYS} days"
    count = nodes(plan)
    return [
        Line("Redis", plan.state / GB, "GB", state),
        Line("Redis nodes", count, "", f"{plan.reads:,.0f} round trips a second; replicas on top"),
        Line("PostgreSQL", plan.records / GB, "GB", f"{costs.records_item.of() / 1e3:.3g} kB an item; popups on top"),
    ]


def _training(plan: Plan) -> list[Line]:
    costs, learned = plan.costs, plan.demand.events / plan.demand.shops / 1e6
    item, event = costs.training_item.of() / 1e3, costs.training_event.of()
    memory = f"{item:.3g} kB an item, {event:.3g} B an event; {learned:,.3g} million of a shop are learned from"
    item, event = costs.training_time_item.of() * 1e3, costs.training_time_event.of() * 1e3
    whose = "all shops, one after the other" if plan.demand.shops > 1 else "less with more cores"
    time = f"{item:.3g} ms an item, {event:.3g} ms an event; {whose}"
    return [
        Line("memory of training", plan.training / GB, "GB", memory),
        Line("training on one core", plan.training_seconds / HOUR, "h", time),
    ]

"""What a plan suggests: one machine or several, which servers beside them, and when Spark."""

from collections.abc import Iterator

from recommender.capacity.plan import GB, Plan

SPARK_EVENTS = 100_000_000
"""Events of one shop's log from which learning from all of them takes several machines."""
NODE = 25 * GB
"""Memory of one Redis node: more takes minutes to copy to a replica."""
NODE_READS = 50_000
"""Round trips a second of one Redis node, which works on one core."""
USUAL_OPEN = 200
"""`VITRINE_OPEN_SHOPS` as it comes."""


def advice(plan: Plan) -> list[str]:
    """Sentences, the most important ones first."""
    return [*_machines(plan), *_state(plan), *_records(plan), *_shops(plan), *_training(plan)]


def nodes(plan: Plan) -> int:
    """Redis nodes with data; their replicas come on top."""
    return max(1, -int(-plan.state // NODE), -int(-plan.reads // NODE_READS))


def _machines(plan: Plan) -> Iterator[str]:
    if plan.machines == 1:
        workers = "one worker" if plan.workers == 1 else f"{plan.workers} workers"
        yield f"One machine carries it, with {workers}: vitrine serve --workers {plan.workers}."
        return
    yield (
        f"{plan.machines:,} machines behind a balancer, and one more so that any may be missing; "
        "models in an object store (VITRINE_STORE)."
    )
    if 1 < plan.parts <= plan.demand.shops:
        yield f"No machine holds all shops: spread them over {plan.parts:,} groups of machines, or keep fewer open."
    elif plan.parts > 1:
        gb = f"{plan.demand.memory_gb:g} GB"
        yield (
            f"No machine of {gb} holds the whole catalogue: divide it into {plan.parts:,} shops by category or "
            "country, or take larger machines (--memory-gb)."
        )


def _state(plan: Plan) -> Iterator[str]:
    if plan.workers == 1 and plan.state < GB:
        yield "State may stay in the process; VITRINE_STATE_ROWS bounds it."
    elif nodes(plan) == 1:
        yield "Redis: one node with a replica under Sentinel (VITRINE_REDIS_URL)."
    else:
        yield f"Redis Cluster: {nodes(plan):,} nodes with a replica each (VITRINE_REDIS_URL=redis+cluster://…)."


def _records(plan: Plan) -> Iterator[str]:
    if plan.machines == 1:
        yield "Records may stay in SQLite; PostgreSQL as soon as there is a second machine (VITRINE_DATABASE_URL)."
    else:
        yield "PostgreSQL with a standby (VITRINE_DATABASE_URL): several machines cannot share SQLite."


def _shops(plan: Plan) -> Iterator[str]:
    shops = plan.demand.shops
    if shops > USUAL_OPEN:
        usual = plan.costs.worker.of() + plan.opened / shops * USUAL_OPEN
        yield (
            f"VITRINE_OPEN_SHOPS={shops} keeps all shops open in every worker; the usual {USUAL_OPEN} take "
            f"{usual / 1e6:,.0f} MB of it, and the others are opened when they are called."
        )


def _training(plan: Plan) -> Iterator[str]:
    demand = plan.demand
    all_events = demand.events_per_day * demand.log_days
    if plan.training > plan.room:
        yield f"Train on a machine of its own with {plan.training / GB:,.0f} GB or more, or with --engine spark."
    elif demand.events < all_events and all_events / demand.shops > SPARK_EVENTS:
        share = f"{demand.events / all_events:.0%}"
        yield f"One machine learns from the last {share} of the log (training.memory_gb); --engine spark from all."
    elif demand.events < all_events:
        yield "Training learns from the last days of the log only; more training.memory_gb takes more of it."
    else:
        yield "Training fits on one of these machines; on one of its own it disturbs nobody."

"""The report as one page that needs nothing beside it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from recommender.errors import InputError
from training.behaviour.section import section
from training.measuring.lifetimes import FORECASTERS
from training.measuring.places import NEW
from training.measuring.plots import bar, calibration, columns, lift, reach
from training.measuring.questions import SHARES as QUOTAS
from training.measuring.segments import peopled
from training.templates import template

ANSWERS = {
    "gain": "gain",
    "loss": "loss",
    "cannot_tell_yet": "cannot tell yet",
    "no_difference_worth": "no difference worth it",
}
SHARES = {
    "without_ids": "events without any id",
    "without_item": "item events without an item",
    "late_or_early": "events with a wrong clock",
    "orders_no_browser_claimed": "orders that no browser told of (ad blockers, or no tag)",
}
STEPS = ("triggered", "shown", "seen", "taken", "dismissed")


def write_page(file: Path, found: Mapping[str, Any]) -> None:
    """Write the page.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        file.write_text(page(found), "utf-8")
    except OSError as error:
        raise InputError("--html", str(file), f"name a file that can be written ({error.strerror})") from None


def page(found: Mapping[str, Any]) -> str:
    """The page of a report's document, as HTML."""
    told = "overview" in found
    models, tasks = _models(found.get("models", []))
    html: str = template("training.measuring", amount=amount).render(
        found=found,
        told=told,
        days=_days(found) if told else {},
        hours=_hours(found["health"]["hours"]) if told else None,
        experiments=[_experiment(one) for one in found.get("experiments", [])],
        behaviour=section(found["behaviour"]) if "behaviour" in found else "",
        campaigns=[_campaign(one) for one in found.get("campaigns", [])],
        customers=_customers(found["customers"]) if found.get("customers") else None,
        segments=peopled(found.get("segments", [])),
        models=models,
        tasks=tasks,
        answers=ANSWERS,
        shares=SHARES,
    )
    return html


def amount(value: float | None, metric: str = "") -> str:
    """A metric's value; shares in hundredths."""
    if value is None:
        return "–"  # noqa: RUF001 - a dash
    return f"{value:.2%}" if metric in QUOTAS else f"{value:,.2f}" if abs(value) >= 1 else f"{value:,.4f}"


def _days(found: Mapping[str, Any]) -> dict[str, Any]:
    """Every day of the period, those without orders as well."""
    by_day = {one["day"]: one for one in found["overview"]["days"]}
    first, last = found["since"].date(), found["until"].date()
    days = [first + timedelta(days=place) for place in range((last - first).days + 1)]
    names = [f"{day:%d %b}" for day in days]
    return {
        name: columns([by_day.get(day, {}).get(name, 0) for day in days], names, f"{name} by day")
        for name in ("revenue", "orders")
    }


def _hours(hours: Sequence[Mapping[str, Any]]) -> Any:
    if not any(one["events"] or one["usual"] for one in hours):
        return None
    names = [f"{one['hour']:%H:%M}" for one in hours]
    usual = [one["usual"] for one in hours]
    return columns([one["events"] for one in hours], names, "events by hour, and the usual", usual)


def _experiment(one: Mapping[str, Any]) -> dict[str, Any]:
    far = reach(one["metrics"]) if one["metrics"] else 0.0
    metrics = [
        {**metric, "svg": lift(metric["lift"], metric["lift_interval"], far, metric["answer"])}
        for metric in one["metrics"]
    ]
    kind, _, id_ = one["experiment"].partition(":")
    names = ["held out" if one["control"] == "holdout" else one["control"], one["treated"]]
    title = f"{kind.title()} {id_}".strip()
    return {
        **one,
        "metrics": metrics,
        "names": names,
        "reach": f"{100 * far:.{0 if far >= 0.1 else 1}f}",
        "title": title,
    }


def _campaign(one: Mapping[str, Any]) -> dict[str, Any]:
    top = max(one[step] for step in STEPS)
    steps = [{"name": step, "count": one[step], "svg": bar(one[step], top, "strategy")} for step in STEPS]
    refused = sorted(one["refused"].items(), key=lambda reason: -reason[1])
    reasons = [{"name": name, "count": count, "svg": bar(count, top, "baseline")} for name, count in refused]
    return {"name": one["campaign"], "steps": steps, "reasons": reasons}


def _customers(found: Mapping[str, Any]) -> dict[str, Any]:
    """Groups with bars, the matrix of who moved, and plots of what was foretold."""
    most = max((one["customers"] for one in found["groups"]), default=0)
    groups = [{**one, "svg": bar(one["customers"], most, "strategy")} for one in found["groups"]]
    names = [NEW, *(one["group"] for one in groups)]
    told = found["lifetimes"]
    plots = {
        FORECASTERS[name]: {
            title: calibration(parts, f"{FORECASTERS[name]}: {title}")
            for title, parts in (("orders", one["calibration"]), ("silence", one.get("churn", {}).get("calibration")))
            if parts
        }
        for name, one in told.get("models", {}).items()
    }
    moved = [(start, [found["movement"]["moved"].get(start, {}).get(end, 0) for end in names[1:]]) for start in names]
    models = [(FORECASTERS[name], one) for name, one in told.get("models", {}).items()]
    return {**found, "groups": groups, "names": names[1:], "moved": moved, "plots": plots, "models": models}


def _models(models: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """The versions with the best strategy of each task, baselines aside, and the tasks."""
    found = [{"problem": None, "data_end": None, **one, "best": _best(one)} for one in models]
    tasks = [*dict.fromkeys(task for one in found for task in one["best"])]
    top = {task: max(one["best"].get(task, 0.0) for one in found) for task in tasks}
    for one in found:
        one["bars"] = {task: bar(one["best"].get(task, 0.0), top[task], "strategy") for task in tasks}
    return found, tasks


def _best(model: Mapping[str, Any]) -> dict[str, float]:
    best: dict[str, float] = {}
    for row in model.get("metrics", {}).get("results", []):
        if not row["baseline"]:
            best[row["task"]] = max(best.get(row["task"], 0.0), row["ndcg"])
    return best

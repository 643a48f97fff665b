"""`vitrine report clv`: purchase models of a shop, and how good they would have been on days that they had not seen."""

from datetime import date
from enum import StrEnum
from math import log
from typing import Any, Final

import numpy as np

from recommender.errors import InputError
from recommender.lifecycle.backtest import Outcome, best, counted, holdout_days, judged
from recommender.lifecycle.bgnbd import BgNbd
from recommender.lifecycle.cells import Cells
from recommender.lifecycle.forecast import Forecaster
from recommender.lifecycle.gate import objections
from recommender.lifecycle.histories import WEEK, Floats, Purchases
from recommender.lifecycle.pareto import ParetoNbd
from recommender.lifecycle.settings import LifecycleConfig
from training.buying import Buying

FORECASTERS: Final = {
    "bgnbd": "BG/NBD and Gamma-Gamma",
    "cells": "similar customers",
    "pareto_nbd": "Pareto/NBD (second opinion)",
}
EPOCH: Final = date(1970, 1, 1)


class Unit(StrEnum):
    """What rates are told in; forecasts are the same in all."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def weeks(self) -> float:
        """How long it is."""
        return {"day": 1 / WEEK, "week": 1.0, "month": 365.25 / 12 / WEEK}[self]


def lifetimes(
    bought: Buying | None, config: LifecycleConfig, calibration_end: date | None = None, unit: Unit = Unit.WEEK
) -> dict[str, Any]:
    """Models fitted up to a day and held to what came after it, as JSON values.

    `holdout` is of the model that the shop is served with: BG/NBD where its orders carry it, else similar customers.

    Args:
        bought: the orders of the shop.
        config: how much it takes to fit models.
        calibration_end: the last day that is learned from; left out: a third of the log is held out, at most a horizon.
        unit: of the parameters.

    Raises:
        InputError: no order lies before that day's end, or none after it.
    """
    empty = {"bgnbd": None, "gamma_gamma": None, "holdout": None}
    if bought is None:
        return {**empty, "reason": "there are no orders"}
    purchases, last = bought.purchases.of_those(bought.recognised), bought.end_day
    begin = last - holdout_days(purchases, last, config.horizon_days)
    if calibration_end is not None:
        begin = (calibration_end - EPOCH).days
        _check(calibration_end, begin, purchases, last)
    told = {
        "calibration_end": _day(begin),
        "end": _day(last),
        "unit": unit.value,
        "money": bought.money,
        "currency": bought.currency,
        "notes": [*bought.notes],
        "reasons": objections(purchases, begin, config),
    }
    return {**empty, **_fitted(purchases, begin, last, config, unit, fits=not told["reasons"]), **told}


def _check(asked: date, begin: int, purchases: Purchases, last: int) -> None:
    first = int(purchases.days.min())
    if not first <= begin < last:
        raise InputError("--calibration-end", f"{asked}", f"use a day from {_day(first)} to before {_day(last)}")


def _fitted(
    purchases: Purchases, begin: int, end: int, config: LifecycleConfig, unit: Unit, *, fits: bool
) -> dict[str, Any]:
    outcome = Outcome.of(purchases, begin, end)
    if not outcome.days or not len(outcome.orders):
        return {"customers": len(outcome.orders)}
    forecaster = Forecaster.fit(outcome.known, config) if fits else None
    cells = Cells.fit(purchases, begin, config)
    models = {
        model.name: judged(outcome, model.forecast(outcome.known, outcome.days, outcome.days))
        for model in (forecaster, cells)
        if model is not None
    }
    repeats = outcome.known.statistics.repeats[outcome.known.statistics.rows]
    found: dict[str, Any] = {"customers": len(repeats), "repeaters": int((repeats > 0).sum()), "models": models}
    if forecaster is not None:
        pareto = ParetoNbd.fit(outcome.known.statistics)
        models["pareto_nbd"] = counted(outcome, _second(pareto, outcome))
        found["bgnbd"] = _parameters(forecaster.counts, outcome.known.statistics.repeats, outcome, unit)
        found["pareto_nbd"] = _parameters(pareto, outcome.known.statistics.repeats, outcome, unit)
        values = forecaster.values
        found["gamma_gamma"] = {"p": values.p, "q": values.q, "v": values.v}
        found["correlation"] = _correlation(repeats, outcome.known.value)
    if models:
        served = forecaster or cells
        whole = models[served.name] if served else {}
        found["holdout"] = {name: whole[name] for name in ("mae", "rmse", "actual", "predicted")}
        found["model"] = served.name if served else None
        found["best_total"] = best(models)
    return found


def _parameters(model: BgNbd | ParetoNbd, repeats: Any, outcome: Outcome, unit: Unit) -> dict[str, float]:
    """In the unit: scales of time shrink with it, and the likelihood counts densities of the purchases' moments."""
    found = {name: float(value) for name, value in vars(model).items()}
    for name in {"alpha", "beta"} & found.keys():
        found[name] /= unit.weeks
    found["log_likelihood"] += log(unit.weeks) * float(outcome.known.statistics.customers @ repeats)
    return found


def _second(model: ParetoNbd, outcome: Outcome) -> Floats:
    return model.expected(outcome.known.statistics, outcome.days / WEEK)[outcome.known.statistics.rows]


def _correlation(repeats: Any, value: Any) -> float | None:
    """Of how often repeaters bought with the mean of what they paid, which Gamma-Gamma takes to be 0."""
    told = (repeats > 0) & (np.nan_to_num(value) > 0)
    if told.sum() < 3 or not repeats[told].std() or not value[told].std():
        return None
    return float(np.corrcoef(repeats[told], value[told])[0, 1])


def _day(days: int) -> str:
    return date.fromordinal(EPOCH.toordinal() + days).isoformat()

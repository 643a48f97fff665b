"""How good forecasts would have been: made on a day in the past, held to what came after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from recommender.lifecycle.forecast import Columns
from recommender.lifecycle.histories import Floats, Purchases, Summary
from recommender.models.intent.quality import auroc

SHARE: Final = 3
"""The last third of a log is held out."""
BINS: Final = 10


def holdout_days(purchases: Purchases, end: int, horizon_days: int) -> int:
    """How long a holdout the log carries: as long as forecasts look ahead, but no more than its last third."""
    span = end - int(purchases.days.min()) if len(purchases) else 0
    return min(span // SHARE, horizon_days)


@dataclass(frozen=True, eq=False)
class Outcome:
    """Customers of a day in the past, and what they did after it."""

    known: Summary
    days: int
    """Length of the holdout."""
    orders: Floats
    """Days of purchase of each customer in it."""
    value: Floats

    @classmethod
    def of(cls, purchases: Purchases, begin: int, end: int) -> "Outcome":
        """What was known at the end of the day `begin`, and what came up to `end`."""
        known, people = purchases.summary(begin), int(purchases.customers.max()) + 1
        orders, value = purchases.after(begin, end).counted(people)
        return cls(known, end - begin, orders[known.customers], value[known.customers])


def judged(outcome: Outcome, forecast: Columns) -> dict[str, Any]:
    """How far a forecast was off, as JSON values.

    Args:
        outcome: what happened.
        forecast: made before; it looks as far ahead as the holdout is long, also for churn.
    """
    value = forecast["predicted_clv"]
    return {
        **counted(outcome, forecast["predicted_number_of_orders"]),
        "customers": len(value),
        "days": outcome.days,
        "value_mae": float(np.abs(value - outcome.value).mean()),
        "actual_value": float(outcome.value.sum()),
        "predicted_value": float(value.sum()),
        "coverage": _covered(outcome.orders, forecast, "predicted_number_of_orders"),
        "value_coverage": _covered(outcome.value, forecast, "predicted_clv"),
        "churn": churn(forecast["churn_probability"], outcome.orders == 0),
    }


def counted(outcome: Outcome, orders: Floats) -> dict[str, Any]:
    """How far the orders that were foretold of each customer were off, as JSON values."""
    off = orders - outcome.orders
    return {
        "mae": float(np.abs(off).mean()),
        "rmse": float(np.sqrt((off**2).mean())),
        "actual": float(outcome.orders.sum()),
        "predicted": float(orders.sum()),
        "calibration": calibration(orders, outcome.orders),
    }


def churn(chance: Floats, silent: np.ndarray) -> dict[str, Any]:
    """How well chances of silence were: the logarithmic loss, the area under the curve, and a calibration."""
    return {
        "log_loss": float(losses(chance, silent).mean()),
        "auc": auroc(silent, chance) if silent.any() and not silent.all() else None,
        "actual": float(silent.mean()),
        "predicted": float(chance.mean()),
        "calibration": calibration(chance, silent.astype(np.float64)),
    }


def losses(chance: Floats, silent: np.ndarray, edge: float = 1e-6) -> Floats:
    """The logarithmic loss of each chance, which is taken to be no nearer than `edge` to 0 or 1."""
    held = np.clip(chance, edge, 1 - edge)
    found: Floats = -np.where(silent, np.log(held), np.log(1 - held))
    return found


def calibration(predicted: Floats, actual: Floats) -> list[dict[str, float]]:
    """Customers in ten parts from the lowest forecast to the highest, with the means of both; equals stay together."""
    distinct, places, counts = np.unique(predicted, return_inverse=True, return_counts=True)
    middles = np.cumsum(counts) - counts / 2
    bins = (BINS * middles / max(len(predicted), 1)).astype(int)[places.reshape(-1)] if len(distinct) else places
    return [
        {
            "customers": int((bins == place).sum()),
            "predicted": float(predicted[bins == place].mean()),
            "actual": float(actual[bins == place].mean()),
        }
        for place in np.unique(bins)
    ]


def best(models: Mapping[str, Mapping[str, Any]]) -> str:
    """The model whose total of purchases was nearest to the actual one."""
    return min(models, key=lambda name: abs(models[name]["predicted"] - models[name]["actual"]))


def _covered(actual: Floats, forecast: Columns, name: str) -> float:
    low, high = forecast[f"{name}_low"], forecast[f"{name}_high"]
    return float(((actual >= low - 1e-9) & (actual <= high + 1e-9)).mean())

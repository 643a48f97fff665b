"""Whether what customers do besides buying tells who will be silent, and what it tells."""

from collections.abc import Callable

import numpy as np
import polars as pl

from recommender.lifecycle.backtest import Outcome
from recommender.lifecycle.cells import Cells
from recommender.lifecycle.churn import ChurnTrees, better, features
from recommender.lifecycle.forecast import Forecaster
from recommender.lifecycle.histories import WEEK, Floats, Summary
from recommender.lifecycle.settings import LifecycleConfig
from training.browsing import WINDOWS, seen
from training.buying import Bought

SEED = 7


def silence(
    browsed: Callable[[], pl.DataFrame], bought: Bought, config: LifecycleConfig, served: Forecaster | Cells
) -> Floats | None:
    """A column of chances of silence by trees; None where they are no better than the model.

    Trees learn from what customers did in the last but one stretch of `churn_days`, and are judged on the last one
    beside a purchase model that has not seen it either. Kept, they learn anew from the last.

    Args:
        browsed: tells what they browsed, as :func:`training.browsing.browsing`; asked only where the orders go back far
            enough.
        bought: the orders.
        config: how long a silence is.
        served: the model of the whole log.
    """
    purchases, end, days = bought.purchases.of_those(bought.recognised), bought.end_day, config.churn_days
    earlier, later = end - 2 * days, end - days
    if isinstance(served, Cells) or earlier - max(WINDOWS) < int(purchases.days.min()):
        return None
    days_seen = browsed()
    if not len(days_seen) or int(days_seen["day"].min()) > earlier:  # type: ignore[arg-type]
        return None
    first, second = (Outcome.of(purchases, begin, begin + days) for begin in (earlier, later))
    past = Forecaster.fit(first.known, config), Forecaster.fit(second.known, config)
    if past[0] is None or past[1] is None:
        return None
    looked = [_looked(one.known, model, days_seen, begin, bought, days)
              for one, model, begin in ((first, past[0], earlier), (second, past[1], later))]  # fmt: skip
    trees = ChurnTrees.fit(looked[0], first.orders == 0, SEED)
    if trees is None or not better(trees.silent(looked[1]), _chance(past[1], second.known, days), second.orders == 0):
        return None
    final = ChurnTrees.fit(looked[1], second.orders == 0, SEED) or trees
    known, column = purchases.summary(end), np.full(len(bought.people), np.nan)
    column[known.customers] = final.silent(_looked(known, served, days_seen, end, bought, days))
    return column


def _looked(known: Summary, model: Forecaster, browsed: pl.DataFrame, end: int, bought: Bought, days: int) -> Floats:
    return features(known, _chance(model, known, days), seen(browsed, end, len(bought.people))[known.customers])


def _chance(model: Forecaster, known: Summary, days: int) -> Floats:
    return model.counts.silent(known.statistics, days / WEEK)[known.statistics.rows]

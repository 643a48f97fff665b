"""Customers that follow the models' own stories, so that what they will do is known."""

import numpy as np

from recommender.lifecycle.histories import Purchases

DAYS = 365


def invented(
    customers: int = 1500,
    *,
    rate: tuple[float, float] = (0.8, 6.0),
    leaving: tuple[float, float] = (0.8, 2.5),
    value: tuple[float, float, float] = (6.0, 4.0, 60.0),
    days: int = 2 * DAYS,
    seed: int = 1,
) -> Purchases:
    """Purchases of customers who begin in the first half of the time, by BG/NBD and Gamma-Gamma.

    Args:
        customers: how many.
        rate: r and alpha (weeks).
        leaving: a and b.
        value: p, q and v.
        days: length of the log.
        seed: of everything random.
    """
    draw = np.random.default_rng(seed)
    weekly = draw.gamma(rate[0], 1 / rate[1], customers)
    leaves = draw.beta(*leaving, customers)
    scale = draw.gamma(value[1], 1 / value[2], customers)
    who, when, paid = [], [], []
    for customer in range(customers):
        moment, repeated = draw.uniform(0, days / 2), False
        while moment <= days:
            who.append(customer)
            when.append(int(moment))
            paid.append(draw.gamma(value[0]) / scale[customer])
            if repeated and draw.random() < leaves[customer]:
                break
            moment, repeated = moment + 7 * draw.exponential(1 / weekly[customer]), True
    return Purchases.of(np.array(who, np.int32), np.array(when, np.int32), np.array(paid))

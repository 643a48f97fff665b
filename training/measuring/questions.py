"""What is asked of every experiment."""

from typing import Final

from recommender.experiments.difference import Metric
from recommender.experiments.results import Question

CUT = "revenue_cut"
"""Revenue with the largest orders cut."""
WORTH: Final = 0.01
"""The least lift that matters: a hundredth."""
BUYERS = ("converted",)
QUESTIONS: Final = (
    Question("profit per visitor", Metric("profit", None, ("pre_profit",), BUYERS), WORTH, decides=True),
    Question("revenue per visitor", Metric("revenue", None, ("pre_revenue",), BUYERS), WORTH, decides=True),
    Question("conversion", Metric("converted", None, ("pre_orders",)), WORTH, decides=True),
    Question("revenue per visitor, largest cut", Metric(CUT, None, ("pre_revenue",), BUYERS), WORTH),
    Question("orders per visitor", Metric("orders", None, ("pre_orders",)), WORTH),
    Question("average order value", Metric("revenue", "orders"), WORTH),
    Question("repeat customers", Metric("repeat", "converted"), WORTH),
    Question("days between orders", Metric("gap_days", "gaps"), WORTH, more_is_better=False),
    Question("bounce rate", Metric("bounced"), WORTH, more_is_better=False),
)
"""The first three decide; the others explain."""
SHARES = frozenset({"conversion", "repeat customers", "bounce rate"})
"""Told in hundredths."""

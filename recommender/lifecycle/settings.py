"""Settings of what is foretold of customers."""

from pydantic import BaseModel, Field, PositiveInt


class LifecycleConfig(BaseModel, extra="forbid", frozen=True):
    """The `customers` part of the training settings."""

    horizon_days: PositiveInt = Field(365, le=3650)
    """How far lifetime values and numbers of orders look ahead. A year is what most acquisition is budgeted by."""
    churn_days: PositiveInt = Field(90, le=3650)
    """Who orders nothing for so long is taken to have left; `churn_probability` is of that."""
    coverage: float = Field(0.9, ge=0.5, le=0.99)
    """Share of customers whose later orders are to lie within the interval of their prediction."""
    least_buyers: PositiveInt = 500
    """With fewer customers the purchase models are not fitted ..."""
    least_days: PositiveInt = 180
    """... nor with a shorter log ..."""
    silent_days: PositiveInt = 30
    """... nor when no order came in so many last days."""

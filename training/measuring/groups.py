"""Who was in which group: the first decision of each visitor in each experiment, as it was logged."""

import polars as pl

from recommender.events import schema
from recommender.events.names import DecisionName

SHOWCASES = (DecisionName.SHOWCASES_OFFERED.value, DecisionName.SHOWCASES_NOT_OFFERED.value)
POPUPS = (DecisionName.PROMOTION_OFFERED.value, DecisionName.PROMOTION_NOT_OFFERED.value)
ENTERED, EXPERIMENT, VARIANT, PROPENSITY, MIXED = "entered", "experiment", "variant", "propensity", "mixed"
REASON = "reason"
TOLD = pl.Struct({EXPERIMENT: pl.String, VARIANT: pl.String, PROPENSITY: pl.Float64, REASON: pl.String})
"""What of a decision's other values is read."""


def groups(log: pl.LazyFrame) -> pl.DataFrame:
    """One row a visitor and experiment: `experiment`, `visitor_id`, `variant`, `propensity`, `entered`, `mixed`.

    A visitor enters an experiment with the first decision that was made about them, in the holdout as in the other
    group: for a campaign that is the first time its trigger fired and nothing but the holdout stood against it. Who was
    in two variants (the holdout's share was changed) stays in the first, and is marked.
    """
    # First of each kind, which needs neither a sort nor the whole log in memory; who has several kinds is rare.
    firsts = (
        log.filter(pl.col(schema.EVENT).is_in([*SHOWCASES, *POPUPS]) & pl.col(schema.VISITOR_ID).is_not_null())
        .select(schema.EVENT, schema.VISITOR_ID, schema.TIMESTAMP, pl.col(schema.EXTRA).str.json_decode(TOLD))
        .unnest(schema.EXTRA)
        .filter(pl.col(EXPERIMENT).is_not_null() & _counted())
        .group_by(EXPERIMENT, schema.VISITOR_ID, VARIANT, PROPENSITY)
        .agg(pl.col(schema.TIMESTAMP).min().alias(ENTERED))
        .collect(engine="streaming")
        .sort(EXPERIMENT, ENTERED, schema.VISITOR_ID, VARIANT, PROPENSITY)
    )
    person = [EXPERIMENT, schema.VISITOR_ID]
    several = firsts.filter(firsts.select(person).is_duplicated())
    mixed = several.group_by(person).agg((pl.col(VARIANT).n_unique() > 1).alias(MIXED)).filter(MIXED)
    first = firsts.unique(person, keep="first", maintain_order=True)
    return first.join(mixed, on=person, how="left", maintain_order="left").with_columns(
        pl.col(MIXED).fill_null(value=False)
    )


def _counted() -> pl.Expr:
    """Decisions that both groups could have met: showcases always, popups that were shown or held out."""
    shown = pl.col(schema.EVENT).is_in([*SHOWCASES, DecisionName.PROMOTION_OFFERED.value])
    return shown | (pl.col(REASON) == "holdout")

"""Who was in which group: the first decision of each visitor in each experiment, as it was logged."""

import polars as pl

from recommender.assignment import HOLDOUT
from recommender.events import schema
from recommender.events.names import DecisionName
from recommender.retention.reason import COMPARED

SHOWCASES = (DecisionName.SHOWCASES_OFFERED.value, DecisionName.SHOWCASES_NOT_OFFERED.value)
POPUPS = (DecisionName.PROMOTION_OFFERED.value, DecisionName.PROMOTION_NOT_OFFERED.value)
DECIDED = (*SHOWCASES, *POPUPS)
ENTERED, EXPERIMENT, VARIANT, PROPENSITY, MIXED = "entered", "experiment", "variant", "propensity", "mixed"
CONTROL, REASON, EPOCH = "control", "reason", "epoch"
COUNTED = [reason.value for reason in COMPARED]
"""Reasons of decisions that nothing but a comparison speaks against."""
TRIED = "experiment:"
"""What the names of configured experiments begin with; the others are holdouts."""
LAYERS = "layers"
GROUP = {EXPERIMENT: pl.String, VARIANT: pl.String, PROPENSITY: pl.Float64}
TOLD = pl.Struct({EXPERIMENT: pl.String, VARIANT: pl.String, PROPENSITY: pl.Float64, REASON: pl.String})
"""What of a decision's other values is read."""
DRAWN = r'\["([A-Za-z0-9_-]+)","([A-Za-z0-9_-]+)",([0-9.e-]+)\]'
"""One of a decision's `experiments`: id, variant, propensity."""


def groups(log: pl.LazyFrame) -> pl.DataFrame:
    """One row a visitor and experiment: who, in which variant, from when on, against which control.

    Columns are `experiment`, `visitor_id`, `variant`, `propensity`, `control`, `epoch` (of learned weights, else null),
    `entered` and `mixed`. A visitor enters
    an experiment with the first decision that was made about them, in the holdout as in the other group: for a campaign
    that is the first time its trigger fired and nothing but the holdout stood against it. Who was in two variants (the
    holdout's share or the weights were changed) stays in the first, and is marked.
    """
    # First of each kind, which needs neither a sort nor the whole log in memory; who has several kinds is rare.
    decided = log.filter(pl.col(schema.EVENT).is_in(DECIDED) & pl.col(schema.VISITOR_ID).is_not_null())
    kinds = [_firsts(_held(decided)), _firsts(_layered(decided)), _firsts(_tried(decided), CONTROL, EPOCH)]
    firsts = pl.concat(pl.collect_all(kinds, engine="streaming"), how="diagonal")
    firsts = firsts.with_columns(pl.col(CONTROL).fill_null(HOLDOUT))
    firsts = firsts.sort(EXPERIMENT, ENTERED, schema.VISITOR_ID, VARIANT, PROPENSITY)
    person = [EXPERIMENT, schema.VISITOR_ID]
    several = firsts.filter(firsts.select(person).is_duplicated())
    mixed = several.group_by(person).agg((pl.col(VARIANT).n_unique() > 1).alias(MIXED)).filter(MIXED)
    first = firsts.unique(person, keep="first", maintain_order=True)
    return first.join(mixed, on=person, how="left", maintain_order="left").with_columns(
        pl.col(MIXED).fill_null(value=False)
    )


def _held(decided: pl.LazyFrame) -> pl.LazyFrame:
    """Decisions with the holdout that they are about."""
    return decided.select(
        schema.EVENT, schema.VISITOR_ID, schema.TIMESTAMP, pl.col(schema.EXTRA).str.json_decode(TOLD)
    ).unnest(schema.EXTRA)


def _layered(decided: pl.LazyFrame) -> pl.LazyFrame:
    """Decisions, once for each further group that they were made in: with an offer or without."""
    extra, told = pl.col(schema.EXTRA).str, pl.Struct({LAYERS: pl.List(pl.Struct(GROUP))})
    return (
        decided.filter(extra.contains('"layers":[', literal=True))
        .select(schema.EVENT, schema.VISITOR_ID, schema.TIMESTAMP, extra.json_decode(told))
        .unnest(schema.EXTRA)
        .explode(LAYERS)
        .unnest(LAYERS)
        # Only decisions that both groups meet name them, shown or not.
        .with_columns(pl.lit(HOLDOUT).alias(REASON))
    )


def _tried(decided: pl.LazyFrame) -> pl.LazyFrame:
    """Decisions, once for each configured experiment that they are about."""
    extra, drawn = pl.col(schema.EXTRA).str, pl.col("drawn").str
    return (
        decided.filter(extra.contains('"experiments":[', literal=True))
        .select(
            schema.EVENT,
            schema.VISITOR_ID,
            schema.TIMESTAMP,
            extra.extract_all(DRAWN).alias("drawn"),
            extra.extract(r'"controls":(\{[^}]*\})').alias(CONTROL),
            extra.extract(r'"epochs":(\{[^}]*\})').alias(EPOCH),
            extra.json_path_match("$.reason").alias(REASON),
        )
        .explode("drawn")
        .with_columns(
            (TRIED + drawn.extract(DRAWN, 1)).alias(EXPERIMENT),
            drawn.extract(DRAWN, 2).alias(VARIANT),
            drawn.extract(DRAWN, 3).cast(pl.Float64).alias(PROPENSITY),
            pl.col(CONTROL, EPOCH).str.extract(pl.format('"{}":"([^"]+)"', drawn.extract(DRAWN, 1))),
        )
    )


def _firsts(decided: pl.LazyFrame, *told: str) -> pl.LazyFrame:
    """Each visitor's first decision of each kind that counts, in each experiment, with what is `told` beside."""
    return (
        decided.filter(pl.col(EXPERIMENT).is_not_null() & _counted())
        .group_by(EXPERIMENT, schema.VISITOR_ID, VARIANT, PROPENSITY, *told)
        .agg(pl.col(schema.TIMESTAMP).min().alias(ENTERED))
    )


def _counted() -> pl.Expr:
    """Decisions that both groups could have met: showcases always, popups that were shown or held out."""
    shown = pl.col(schema.EVENT).is_in([*SHOWCASES, DecisionName.PROMOTION_OFFERED.value])
    return shown | pl.col(REASON).is_in(COUNTED)

"""Rules that a frame's rows must keep; rows that break one are refused by its name."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from recommender.events.values import LARGEST_NUMBER, LONGEST_ID
from training.importing.delimited import LINE
from training.importing.rejects import Rejects

_RULE = " rule"


@dataclass(frozen=True)
class Rule:
    """A condition under which a row is refused."""

    field: str
    """Named in the rejects; as the sender spells it."""
    broken: pl.Expr
    value: pl.Expr
    """What stood there."""
    allowed: str


def keep(frame: pl.DataFrame, rules: Sequence[Rule], rejects: Rejects) -> pl.DataFrame:
    """The rows that break no rule; each of the others is refused for the first rule it breaks."""
    broken = pl.coalesce(pl.when(rule.broken).then(pl.lit(place, pl.Int32)) for place, rule in enumerate(rules))
    judged = frame.with_columns(broken.alias(_RULE))
    bad = judged.filter(pl.col(_RULE).is_not_null())
    for (place,), rows in bad.partition_by(_RULE, as_dict=True).items():
        rule = rules[int(place)]
        rejects.add_all(
            rows.select(
                line=LINE, field=pl.lit(rule.field), value=rule.value.cast(pl.String), reason=pl.lit(rule.allowed)
            )
        )
    return (judged if bad.is_empty() else judged.filter(pl.col(_RULE).is_null())).drop(_RULE)


def identifier(name: str, column: str) -> Rule:
    """Ids are short and hold no control characters."""
    text = pl.col(column)
    broken = (text.str.len_chars() > LONGEST_ID) | text.str.contains(r"\p{Cc}")
    return Rule(column, broken, text, f"{name} has at most {LONGEST_ID} characters and no control characters")


def number(column: str, parsed: str) -> Rule:
    """Numbers are finite, not negative and not absurdly large."""
    value = pl.col(parsed)
    fine = value.is_finite() & value.is_between(0, LARGEST_NUMBER)
    broken = pl.col(column).is_not_null() & ~fine.fill_null(value=False)
    return Rule(column, broken, pl.col(column), f"send a number from 0 to {LARGEST_NUMBER:.0f}")


def parse_number(text: pl.Expr) -> pl.Expr:
    """A number as shops write it: `1.5`, or `1,5` with a decimal comma; null when it is none."""
    return text.str.replace(r"^(\d+),(\d{1,2})$", "$1.$2").cast(pl.Float64, strict=False)

"""The steps of a funnel, as they are written: `view_item`, `page_view:category`, `select_item:item_list_id=home`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from recommender.errors import InputError
from recommender.events import schema
from training.behaviour.labels import EVENTS, LABELS, PAGE_VIEW, PAGES, label

USUAL = "view_item,add_to_cart,begin_checkout,purchase"
MOST = 8
KEY = re.compile(r"[A-Za-z0-9_]{1,64}")
ALLOWED = (
    f"use {', '.join(EVENTS)}; {PAGE_VIEW}: and one of {', '.join(PAGES)}; or an event with :parameter=value, as it was"
    " sent"
)


@dataclass(frozen=True)
class Step:
    """What somebody has to do."""

    text: str
    """As it was written."""
    event: str
    page: str | None = None
    """Type of page."""
    parameter: tuple[str, str] | None = None
    """Name and value of what the event must have carried beside the columns of the log."""

    @classmethod
    def parse(cls, text: str) -> "Step":
        """Read one step.

        Raises:
            InputError: there is no such event or page, or no such way to write a condition.
        """
        event, _, condition = (part.strip() for part in text.strip().partition(":"))
        key, equals, value = (part.strip() for part in condition.partition("="))
        known = event in EVENTS and (":" in text) == bool(condition)
        if known and not condition:
            return cls(event, event)
        if known and equals and KEY.fullmatch(key) and value:
            return cls(f"{event}:{key}={value}", event, parameter=(key, value))
        if known and event == PAGE_VIEW and condition in PAGES:
            return cls(f"{event}:{condition}", event, page=condition)
        raise InputError("--steps", text.strip(), ALLOWED)

    def taken(self) -> pl.Expr:
        """Whether a row is this step; needs the column `page_type`."""
        here = pl.col(schema.EVENT) == self.event
        if self.page is not None:
            return label() == LABELS.index(self.text)
        if self.parameter is not None:
            key, value = self.parameter
            told = pl.when(here).then(pl.col(schema.EXTRA)).str.json_path_match(f"$.{key}")
            return (told == value).fill_null(value=False)
        return here


def steps(text: str) -> Sequence[Step]:
    """The steps of a funnel, in their order.

    Raises:
        InputError: one is unknown, or there are fewer than two or too many.
    """
    found = [Step.parse(part) for part in text.split(",")]
    if not 2 <= len(found) <= MOST:
        raise InputError("--steps", text, f"name 2 to {MOST} steps, separated by commas")
    return found

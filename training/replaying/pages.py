"""The pages of a log that were written down whole."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import orjson
import polars as pl

from recommender.errors import InputError
from recommender.events import schema
from recommender.events.names import DecisionName
from recommender.replay.answer import Answer
from recommender.replay.asked import Asked


class LoggedPage(NamedTuple):
    """One page view."""

    request_id: str
    visitor_id: str
    asked: Asked
    answer: Answer
    """As it was given."""


class LoggedPages(NamedTuple):
    """Pages of a stretch of time."""

    there: int
    """How many the log holds."""
    pages: Sequence[LoggedPage]
    """A fair sample of them, by model and configuration."""
    unreadable: int
    """Of the sample: written by another version of Vitrine."""


def logged_pages(log: pl.LazyFrame, since: datetime, until: datetime, limit: int) -> LoggedPages:
    """Pages that were answered after `since` and up to `until`; of more than `limit` so many, drawn by chance.

    Args:
        log: the event log.
        since: the moment before the first.
        until: the moment of the last.
        limit: the most pages.
    """
    moment = pl.col(schema.TIMESTAMP)
    answered = pl.col(schema.EVENT) == DecisionName.PAGE_ANSWERED.value
    rows = log.filter(answered & (moment > since) & (moment <= until))
    # Ids are drawn at random, so the smallest ones are a fair sample, and tomorrow the same one.
    ids = rows.select(schema.EVENT_ID).collect().to_series().sort()
    if len(ids) > limit:
        rows = rows.filter(pl.col(schema.EVENT_ID) <= ids[limit - 1])
    columns = (schema.EXTRA, schema.TIMESTAMP, schema.VISITOR_ID, schema.CUSTOMER_ID)
    found = rows.sort(schema.EVENT_ID).select(columns).collect()
    pages = [page for row in found.iter_rows() if (page := _page(*row)) is not None]
    pages.sort(key=lambda page: (page.asked.model, page.asked.configuration))
    return LoggedPages(len(ids), pages, len(found) - len(pages))


def _page(extra: str, now: datetime, visitor_id: str, customer_id: str | None) -> LoggedPage | None:
    document = orjson.loads(extra)
    try:
        asked = Asked.read(document, now=now, visitor_id=visitor_id, customer_id=customer_id)
    except InputError:
        return None
    return LoggedPage(document["request_id"], visitor_id, asked, Answer.read(document))

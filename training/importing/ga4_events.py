"""Events in GA4's three shapes: dataLayer or gtag, Measurement Protocol, BigQuery export."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa

from recommender.days import DAY
from recommender.errors import EventError
from recommender.events.decoding import decode
from recommender.events.event import Event, content_id
from recommender.events.rows import event_rows, table
from recommender.events.shapes import unbundle
from training.importing.intake import Intake
from training.importing.json_stream import documents
from training.importing.numbering import Occurrences
from training.importing.source import Source

EVENTS_AT_ONCE = 20_000

ELSEWHERE = frozenset({
    "ad_click", "ad_exposure", "ad_impression", "ad_query", "ad_reward", "add_payment_info", "add_shipping_info",
    "app_clear_data", "app_exception", "app_remove", "app_update", "campaign_details", "click", "close_convert_lead",
    "close_unconvert_lead", "disqualify_lead", "earn_virtual_currency", "error", "exception", "file_download",
    "firebase_campaign", "first_open", "first_visit", "form_start", "form_submit", "generate_lead", "in_app_purchase",
    "join_group", "level_end", "level_start", "level_up", "login", "notification_dismiss", "notification_open",
    "notification_receive", "os_update", "post_score", "qualify_lead", "screen_view", "scroll", "select_content",
    "session_start", "share", "sign_up", "spend_virtual_currency", "timing_complete", "tutorial_begin",
    "tutorial_complete", "unlock_achievement", "user_engagement", "video_complete", "video_progress", "video_start",
    "view_search_results", "working_lead",
})  # fmt: skip
"""GA4's other events: right in a GA4 export, but they say nothing about a product."""


@dataclass(frozen=True)
class Ga4Events:
    """Reads JSON lines or arrays of GA4 events."""

    source: Source

    def tables(self, intake: Intake) -> Iterator[pa.Table]:
        """The good events as tables of the log; the others go to the intake's rejects."""
        events, identical, sequence = self._events(intake), Occurrences(), 0
        while batch := list(islice(events, EVENTS_AT_ONCE)):
            rows = []
            for event in _identified(batch, identical):
                sequence += 1
                rows += event_rows(
                    event, received_at=event.timestamp, verified=True, writer=intake.writer, sequence=sequence
                )
            yield table(rows)

    def _events(self, intake: Intake) -> Iterator[Event]:
        for line, document in documents(self.source, intake):
            for part in _parts(document):
                intake.rows += 1
                if _is_elsewhere(part):
                    intake.skipped["other_event"] += 1
                    continue
                try:
                    yield from decode(part, now=intake.now, live=False, new_id=str)
                except EventError as error:
                    intake.rejects.add_error(line, error)


def _parts(document: Any) -> list[Any]:
    return list(unbundle(document)) if isinstance(document, Mapping) else [document]


def _is_elsewhere(document: Any) -> bool:
    if not isinstance(document, Mapping):
        return False
    name = document.get("event", document.get("event_name"))
    if name is None and isinstance(document.get("events"), list):
        name = next((event.get("name") for event in document["events"] if isinstance(event, Mapping)), None)
    return isinstance(name, str) and (name in ELSEWHERE or name.startswith("gtm."))


def _identified(events: list[Event], identical: Occurrences) -> Iterator[Event]:
    """The events; those that came without an id get one made from what they say."""
    made = [content_id(event) for event in events]
    days = np.array([event.timestamp.timestamp() // DAY for event in events], np.int64)
    keys = np.array([int(id_[:16], 16) for id_ in made], np.uint64)
    for event, id_, again in zip(events, made, identical.number(days, keys), strict=True):
        if event.event_id:
            yield event
        else:
            yield replace(event, event_id=content_id(event, int(again)) if again else id_)

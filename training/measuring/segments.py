"""Segments in a report: how large each is, and who moved; and experiments among the members of one."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import polars as pl

from recommender.artifact import artifacts
from recommender.errors import ArtifactError
from recommender.events import schema
from recommender.models.models import Models
from recommender.records import Records
from recommender.retention.moves import ENTERED as CAME
from recommender.retention.moves import LEFT, Moves
from recommender.retention.population import Population
from recommender.retention.segments import Registry
from recommender.workspace import ShopFolder
from training.measuring.groups import DECIDED, ENTERED
from training.snapshots import fitted


def movement(
    folder: ShopFolder, records: Records, registry: Registry, *, now: datetime, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """Each segment with its members by the model in service, and how many came and went with models meanwhile.

    Args:
        folder: the shop's files.
        records: where it is kept who was erased.
        registry: its segments.
        now: the moment at which members are counted.
        since: moves after this moment count ...
        until: ... up to this one.
    """
    people = Population.at(_models(folder, records), now)
    moves = Moves(folder.segments).counts(since, until)
    found = []
    for name, segment in registry.named.items():
        members, moved = people.members(segment), moves.get(name, {})
        counts = {"customers": int((members & people.customers).sum()), "members": int(members.sum())}
        found.append({"segment": name, **counts, "entered": moved.get(CAME, 0), "left": moved.get(LEFT, 0)})
    return found


def _models(folder: ShopFolder, records: Records) -> Models:
    try:
        return fitted(folder, records, artifacts(folder).current())
    except ArtifactError:
        return Models.empty()


def among(log: pl.LazyFrame, entered: pl.DataFrame, segment: str) -> pl.DataFrame:
    """Of the visitors of experiments, those who were in a segment when they entered.

    As it was logged with the decision by which they did: what an experiment does may move its visitors, and comparing
    who is in a segment afterwards would compare what was caused.

    Args:
        log: the event log.
        entered: visitors; see :func:`.groups.groups`.
        segment: its name.
    """
    within = rf'"segments":\[[^\]]*"{re.escape(segment)}"'
    told = (
        log.filter(pl.col(schema.EVENT).is_in(DECIDED) & pl.col(schema.EXTRA).str.contains(within))
        .select(schema.VISITOR_ID, pl.col(schema.TIMESTAMP).alias(ENTERED))
        .unique()
        .collect(engine="streaming")
    )
    return entered.join(told, on=[schema.VISITOR_ID, ENTERED], how="semi", maintain_order="left")


def peopled(segments: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows of :func:`movement` with anybody in them: those that only a visit can tell have nobody between visits."""
    return [one for one in segments if one["members"] or one["entered"] or one["left"]]

"""Schedules: when a campaign runs, in the shop's own time."""

from datetime import datetime, time
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from recommender.parts import Moment, Part
from recommender.refusals import refusal


class Weekday(StrEnum):
    """Days in the order in which `datetime.weekday` counts them."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


def _clock(value: object) -> time:
    try:
        found = time.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if isinstance(found, time) and found.tzinfo is None:
        return found
    raise refusal("", value, "use the shop's local time like 18:30")


Clock = Annotated[time, BeforeValidator(_clock)]


class Schedule(Part):
    """All of what is given must hold."""

    starts: Moment | None = None
    """Not before this moment."""
    ends: Moment | None = None
    """Not from this moment on."""
    days: tuple[Weekday, ...] | None = Field(None, min_length=1)
    """Only on these days."""
    begins_at: Clock | None = None
    """Each day not before this time ..."""
    ends_at: Clock | None = None
    """... and not from this time on; an earlier one than `begins_at` is that of the next day."""

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.starts and self.ends and self.ends <= self.starts:
            raise refusal(".ends", self.ends.isoformat(), f"use a moment after starts, {self.starts.isoformat()}")
        if self.begins_at is not None and self.begins_at == self.ends_at:
            raise refusal(".ends_at", self.ends_at.isoformat(), "use another time than begins_at, or leave both out")
        return self

    def runs(self, now: datetime, zone: ZoneInfo) -> bool:
        """Whether a campaign with this schedule runs at a moment; a night belongs to the day on which it began."""
        if (self.starts and now < self.starts) or (self.ends and now >= self.ends):
            return False
        local = now.astimezone(zone)
        clock, day = local.time().replace(tzinfo=None), local.weekday()
        begins, ends = self.begins_at or time.min, self.ends_at
        if ends is not None and ends < begins:
            if clock < ends:
                day = (day - 1) % 7
            elif clock < begins:
                return False
        elif clock < begins or (ends is not None and clock >= ends):
            return False
        return self.days is None or list(Weekday)[day] in self.days

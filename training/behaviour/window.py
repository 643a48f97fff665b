"""The time that is looked at, by the shop's clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAYS = 30


@dataclass(frozen=True)
class Window:
    """What happened after `since`, up to and including `until`."""

    since: datetime
    until: datetime

    @classmethod
    def of(
        cls, bounds: tuple[datetime, datetime], now: datetime, *, until: datetime | None = None, days: int = DAYS
    ) -> "Window":
        """The days up to a moment, at the latest up to the last event that is not in the future.

        A log that ended before `now` would otherwise seem to tell that nobody came since.

        Args:
            bounds: when the first and the last event happened.
            now: the present moment.
            until: look back from here.
            days: how far.
        """
        end = min(until or now, now, bounds[1])
        return cls(end - timedelta(days=days), end)

    def document(self, zone: ZoneInfo) -> Mapping[str, object]:
        """Both ends, as the shop's clock shows them."""
        return {"since": self.since.astimezone(zone), "until": self.until.astimezone(zone), "timezone": zone.key}


def moment(given: datetime | None, zone: ZoneInfo) -> datetime | None:
    """A moment without a time zone is in the shop's."""
    if given is None:
        return None
    return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)

"""Schedules run in the shop's own time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.retention.schedule import Schedule

BERLIN = ZoneInfo("Europe/Berlin")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_empty_schedule_always_runs() -> None:
    assert Schedule().runs(at("2026-03-01T03:00"), BERLIN)


def test_it_runs_from_its_start_until_just_before_its_end() -> None:
    schedule = Schedule.model_validate({"starts": "2026-11-27T00:00:00+01:00", "ends": "2026-11-28T00:00:00+01:00"})
    assert not schedule.runs(at("2026-11-26T22:59:59"), BERLIN)
    assert schedule.runs(at("2026-11-26T23:00:00"), BERLIN)
    assert schedule.runs(at("2026-11-27T22:59:59"), BERLIN)
    assert not schedule.runs(at("2026-11-27T23:00:00"), BERLIN)


@pytest.mark.parametrize(
    ("moment", "zone", "runs"),
    [
        ("2026-07-01T16:29", BERLIN, False),
        ("2026-07-01T16:30", BERLIN, True),
        ("2026-07-01T19:59", BERLIN, True),
        ("2026-07-01T20:00", BERLIN, False),
        ("2026-12-01T17:30", BERLIN, True),
        ("2026-12-01T16:30", BERLIN, False),
        ("2026-07-01T16:30", SAO_PAULO, False),
        ("2026-07-01T21:30", SAO_PAULO, True),
    ],
)
def test_hours_are_those_of_the_shop_in_summer_and_winter(moment: str, zone: ZoneInfo, runs: bool) -> None:
    schedule = Schedule.model_validate({"begins_at": "18:30", "ends_at": "22:00"})
    assert schedule.runs(at(moment), zone) is runs


@pytest.mark.parametrize(
    ("moment", "runs"),
    [
        ("2026-11-27T20:59", False),
        ("2026-11-27T21:00", True),
        ("2026-11-28T00:59", True),
        ("2026-11-28T01:00", False),
        ("2026-11-28T21:00", False),
        ("2026-11-27T00:30", False),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_began(moment: str, runs: bool) -> None:
    """2026-11-27 is a Friday."""
    friday_night = Schedule.model_validate({"begins_at": "22:00", "ends_at": "02:00", "days": ["friday"]})
    assert friday_night.runs(at(moment), BERLIN) is runs


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.times(), st.times())
def test_of_a_day_cut_in_two_always_one_part_runs(moment: datetime, begins: object, ends: object) -> None:
    if begins == ends:
        return
    one = Schedule.model_validate({"begins_at": begins, "ends_at": ends})
    other = Schedule.model_validate({"begins_at": ends, "ends_at": begins})
    now = moment.replace(tzinfo=UTC)
    assert one.runs(now, BERLIN) != other.runs(now, BERLIN)

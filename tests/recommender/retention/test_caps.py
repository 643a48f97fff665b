from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.retention.caps import Caps, Shown, judge
from recommender.retention.reason import Reason
from tests.conftest import NOW

FREE = Caps(per_session=None, stop_after_dismissal=False, stop_after_conversion=False)


def ago(campaign: str = "flash", **more: Any) -> Shown:
    span = timedelta(**{name: more.pop(name) for name in ("days", "hours", "seconds") if name in more})
    return Shown(campaign, NOW - span, **more)


def judged(history: list[Shown], caps: Caps = FREE, **more: Any) -> Reason | None:
    return judge(history, caps, NOW, campaign_id="flash", session_id="s", **more)


def test_a_stranger_may_be_asked() -> None:
    assert judged([], Caps()) is None


def test_a_visit_sees_a_campaign_so_often() -> None:
    caps = Caps(per_session=1)
    assert judged([ago(hours=1, session_id="s")], caps) is Reason.CAP
    assert judged([ago(hours=1, session_id="other")], caps) is None
    assert judged([ago("other", hours=1, session_id="s")], caps) is None


@pytest.mark.parametrize(("days", "reason"), [(6.99, Reason.CAP), (7, None)])
def test_a_visitor_sees_a_campaign_so_often_in_so_many_days(days: float, reason: Reason | None) -> None:
    caps = Caps(per_session=None, per_visitor=2, days=7)
    assert judged([ago(days=days), ago(days=1)], caps) is reason


@pytest.mark.parametrize(("seconds", "reason"), [(59, Reason.COOLDOWN), (60, None)])
def test_popups_of_all_campaigns_keep_a_distance(seconds: float, reason: Reason | None) -> None:
    caps = Caps(per_session=None, cooldown_seconds=60)
    assert judged([ago("other", seconds=seconds)], caps) is reason


def test_a_banner_keeps_no_popup_away() -> None:
    caps = Caps(per_session=None, cooldown_seconds=60)
    assert judged([ago("other", seconds=1, banner=True)], caps) is None


def test_a_dismissal_is_remembered_so_many_days() -> None:
    assert judged([ago(days=29, dismissed=True)], Caps(days=30)) is Reason.DISMISSED
    assert judged([ago(days=30, dismissed=True)], Caps(days=30)) is None


def test_what_was_taken_once_is_taken_for_good() -> None:
    assert judged([ago(days=300, converted=True)], Caps()) is Reason.CONVERTED
    assert judged([ago("other", days=3, dismissed=True, converted=True)], Caps()) is None
    assert judged([ago(days=3, dismissed=True, converted=True)]) is None


@pytest.mark.parametrize(("days", "reason"), [(29.9, Reason.ENDED), (30, None), (-1, None)])
def test_a_lapsed_timed_offer_does_not_come_back_as_another_one(days: float, reason: Reason | None) -> None:
    history = [ago("other", days=31, lapsed_at=NOW - timedelta(days=days))]
    assert judged(history, timed=True) is reason
    assert judged(history, timed=False) is None


@given(st.lists(st.integers(0, 60), max_size=8), st.integers(0, 4), st.integers(1, 40))
def test_asking_whenever_it_is_allowed_never_exceeds_the_cap(gaps: list[int], most: int, days: int) -> None:
    caps, history, now = Caps(per_session=None, per_visitor=most, days=days), list[Shown](), NOW
    for gap in gaps:
        now += timedelta(days=gap)
        if judge(history, caps, now, campaign_id="flash") is None:
            history.append(Shown("flash", now))
        assert sum(one.at > now - timedelta(days=days) for one in history) <= most

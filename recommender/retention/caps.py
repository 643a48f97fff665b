"""How often one visitor may be asked: facts in, a reason not to ask out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from recommender.retention.reason import Reason


@dataclass(frozen=True)
class Caps:
    """A campaign's limits for one visitor; None is no limit."""

    per_session: int | None = 1
    per_visitor: int | None = None
    days: int = 30
    """`per_visitor` counts so many days back; a dismissal is remembered so long."""
    cooldown_seconds: float = 0
    """No popup of any campaign within so long after another one."""
    stop_after_dismissal: bool = True
    stop_after_conversion: bool = True


@dataclass(frozen=True)
class Shown:
    """A popup that this person was shown."""

    campaign_id: str
    at: datetime
    session_id: str | None = None
    dismissed: bool = False
    converted: bool = False
    """Its offer was redeemed."""
    lapsed_at: datetime | None = None
    """When its timed offer ended without being redeemed."""
    banner: bool = False
    """It stands in the page; popups do not wait for it."""


def judge(
    history: Iterable[Shown],
    caps: Caps,
    now: datetime,
    *,
    campaign_id: str,
    session_id: str | None = None,
    timed: bool = False,
    again_after_days: int = 30,
) -> Reason | None:
    """Why this person may not be asked now, or None.

    Args:
        history: what the person was shown, by any campaign, in any order.
        caps: the campaign's limits.
        now: the moment of asking.
        campaign_id: who asks.
        session_id: the visit in which it happens.
        timed: whether the offer has a deadline.
        again_after_days: how long a lapsed timed offer keeps other timed ones away.
    """
    shown = [*history]
    own = [one for one in shown if one.campaign_id == campaign_id]
    in_session = sum(one.session_id == session_id for one in own) if session_id else 0
    lately = [one for one in own if one.at > now - timedelta(days=caps.days)]
    dialogs = [one for one in shown if not one.banner]
    lapsed = now - timedelta(days=again_after_days)
    reasons = {
        Reason.DISMISSED: caps.stop_after_dismissal and any(one.dismissed for one in lately),
        Reason.CONVERTED: caps.stop_after_conversion and any(one.converted for one in own),
        Reason.CAP: _reached(in_session, caps.per_session) or _reached(len(lately), caps.per_visitor),
        Reason.COOLDOWN: any(one.at > now - timedelta(seconds=caps.cooldown_seconds) for one in dialogs),
        Reason.ENDED: timed and any(one.lapsed_at is not None and lapsed < one.lapsed_at <= now for one in shown),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _reached(count: int, most: int | None) -> bool:
    return most is not None and count >= most

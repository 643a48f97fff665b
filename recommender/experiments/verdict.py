"""What may be said of a difference, in words; where the data cannot tell, that is the answer."""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from recommender.errors import InputError
from recommender.experiments.difference import ALPHA, Interval

LEAST = 100.0
"""Visitors behind the metric in each variant (:attr:`.difference.Difference.behind`); below, nothing is normal."""


class Answer(StrEnum):
    """The four things that can be said."""

    GAIN = "gain"
    LOSS = "loss"
    CANNOT_TELL_YET = "cannot_tell_yet"
    NO_DIFFERENCE_WORTH = "no_difference_worth"


class Because(StrEnum):
    """Why the data cannot tell, or why they can."""

    INTERVAL = "interval"
    SAMPLE_RATIO = "sample_ratio"
    TOO_FEW = "too_few"
    CORRECTION = "correction"


@dataclass(frozen=True)
class Verdict:
    """One answer with what it rests on."""

    answer: Answer
    because: Because
    interval: Interval
    worth: float
    days: float | None = None
    """Days still needed, where that is known."""

    def words(self, metric: str, unit: str = "") -> str:
        """One or two plain sentences.

        Args:
            metric: what is measured, such as `profit per visitor`.
            unit: what follows the numbers, such as ` EUR`; `%` tells shares as percentages.
        """
        low, high = (_amount(end, unit) for end in self.interval)
        if self.answer is Answer.CANNOT_TELL_YET:
            return f"Cannot tell yet whether {metric} differs{self._why(low, high)}"
        if self.answer is Answer.NO_DIFFERENCE_WORTH:
            worth = _amount(self.worth, unit).lstrip("+")
            return f"No difference in {metric} that is worth {worth} or more: it lies between {low} and {high}."
        word = "Gain" if self.answer is Answer.GAIN else "Loss"
        return f"{word} in {metric}: the difference lies between {low} and {high}."

    def _why(self, low: str, high: str) -> str:
        if self.because is Because.SAMPLE_RATIO:
            return (
                ": the variants did not get the visitors they should have, so whatever differs may come from who is "
                "missing. Find out where visitors are lost, then start anew."
            )
        if self.because is Because.TOO_FEW:
            return f": too few visitors or orders are behind it.{self._days()}"
        if self.because is Because.CORRECTION:
            return f": between {low} and {high}, but one of as many metrics looks like that by chance.{self._days()}"
        return f": it may be anything from {low} to {high}.{self._days()}"

    def _days(self) -> str:
        if self.days is None or self.days == 0:
            return ""
        if not isfinite(self.days):
            return " At the present rate it never will be told."
        days = "day is" if self.days == 1 else "days are"
        return f" At the present rate, {self.days:.0f} more {days} needed."


def judge(
    interval: Interval,
    *,
    behind: float,
    worth: float,
    alarm: bool,
    more_is_better: bool = True,
    p_value: float | None = None,
    alpha: float = ALPHA,
    days: float | None = None,
) -> Verdict:
    """Say what the interval of a difference allows to be said.

    Args:
        interval: of treated minus control.
        behind: visitors who carry the metric, in the variant with the fewer.
        worth: a difference smaller than this makes no difference to the shop; 0: every one does.
        alarm: whether the sample ratio is wrong, in which case nothing is claimed.
        more_is_better: False for what should be low, such as the bounce rate.
        p_value: corrected for the other metrics, where there are any; no claim where it is above `alpha`.
        alpha: of the interval.
        days: still needed to tell a difference that is worth it.
    """
    if worth < 0:
        raise InputError("worth", worth, "name a difference from 0 up")
    answer, because = Answer.CANNOT_TELL_YET, Because.INTERVAL
    if alarm:
        because = Because.SAMPLE_RATIO
    elif behind < LEAST or not all(map(isfinite, interval)):
        because = Because.TOO_FEW
    elif interval.low > 0 or interval.high < 0:
        if p_value is not None and p_value > alpha:
            because = Because.CORRECTION
        else:
            answer = Answer.GAIN if (interval.low > 0) == more_is_better else Answer.LOSS
    elif -worth < interval.low and interval.high < worth:
        answer = Answer.NO_DIFFERENCE_WORTH
    return Verdict(answer, because, interval, worth, days)


def _amount(value: float, unit: str) -> str:
    if unit == "%":
        return f"{100 * value:+.2f} %"
    return f"{value:+.4g}{unit}"

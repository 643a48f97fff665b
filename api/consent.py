"""What a visitor allowed."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, model_validator


class Choice(StrEnum):
    """A visitor's answer for one purpose."""

    GRANTED = "granted"
    DENIED = "denied"
    UNKNOWN = "unknown"


class Consent(BaseModel, frozen=True):
    """A choice per purpose; one word stands for all of them.

    Unknown allows no more than denied does, except that an answer may follow the session that came with the request:
    that needs no storage anywhere.
    """

    analytics: Choice = Choice.UNKNOWN
    """Events are logged with ids."""
    personalization: Choice = Choice.UNKNOWN
    """Answers depend on what the visitor did."""
    storage: Choice = Choice.UNKNOWN
    """Anything about the visitor is kept, here or in the browser."""

    @model_validator(mode="before")
    @classmethod
    def _one_word(cls, value: Any) -> Any:
        return dict.fromkeys(cls.model_fields, value) if isinstance(value, str) else value

    @property
    def identified(self) -> bool:
        """Whether the event log may hold ids."""
        return self.analytics is Choice.GRANTED and self.storage is Choice.GRANTED

    @property
    def remembered(self) -> bool:
        """Whether what the visitor does may be kept for later answers, and read."""
        return self.personalization is Choice.GRANTED and self.storage is Choice.GRANTED

    @property
    def personal(self) -> bool:
        """Whether this answer may depend on the visitor."""
        return self.personalization is not Choice.DENIED


ALL_GRANTED = Consent(analytics=Choice.GRANTED, personalization=Choice.GRANTED, storage=Choice.GRANTED)
"""What a caller asserts that says nothing of consent."""

NOTHING_GRANTED = Consent(analytics=Choice.DENIED, personalization=Choice.DENIED, storage=Choice.DENIED)
"""For whom nothing is kept, and an answer depends on nobody."""

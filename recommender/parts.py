"""What all parts of a configuration document have in common. Loads nothing but pydantic: the records need it, too."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    SerializerFunctionWrapHandler,
    StringConstraints,
    ValidationError,
    model_serializer,
)

from recommender.described import Described
from recommender.errors import NewerError
from recommender.refusals import explained, refusal


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return moment
    raise refusal("", value, "use a date and time with its zone, like 2026-11-27T00:00:00+01:00")


Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
ItemId = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Moment = Annotated[datetime, BeforeValidator(_moment)]


def _number(amount: Decimal) -> int | float:
    """An amount as a shop would write it; the shortest float reads back as the very same decimal."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


class Part(Described, extra="forbid", frozen=True):
    """Base of what documents are made of: shown as it was given, without what was left out."""

    @classmethod
    def stored(cls, text: str) -> Self:
        """What was written down as JSON.

        Raises:
            NewerError: it holds what this Vitrine does not know.
        """
        try:
            return cls.model_validate(json.loads(text))
        except ValidationError as error:
            known = f"{explained(error, cls)}; a newer Vitrine wrote it"
            raise NewerError(f"the {cls.__name__.lower()} that was promised is not understood: {known}") from None

    @model_serializer(mode="wrap")
    def _given(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        given = {name: value for name, value in whole(self).items() if value is not None}
        amounts = {name: _number(value) for name in given if isinstance(value := getattr(self, name), Decimal)}
        return given | amounts

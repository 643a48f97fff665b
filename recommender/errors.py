"""Every error that Vitrine raises on purpose.

VitrineError
├── InputError            what somebody sent cannot be used
│   ├── EventError        one event
│   ├── ItemError         one catalogue item
│   └── ImportingError    a whole file
├── ConfigurationError    settings or a shop's configuration document
├── MissingError          a package or program that has to be installed first
├── NotFoundError         a shop, item, model or visitor that does not exist
├── ConflictError         somebody else changed it first, or it exists already
│   └── BusyError         somebody else is at it
├── ArtifactError         a saved model that is damaged or of an unknown format
│   └── NewerFormatError  one that a newer Vitrine wrote
├── NewerError            a record that a newer Vitrine wrote
├── StoreError            a store of files elsewhere that cannot be reached
├── ArchiveError          a backup that is damaged or of an unknown format
├── DeliveryError         a receiver that does not take what it is sent
└── TrainingError         a log from which nothing can be trained or published

Messages name the field, the value and what is allowed.
"""

LONGEST = 80
"""Characters of a value that a message tells."""


class VitrineError(Exception):
    """Base of all errors raised on purpose; its text is fit for a user."""


class InputError(VitrineError):
    """What somebody sent cannot be used.

    Args:
        field: where it was found, as the sender spells it.
        value: what was found there.
        allowed: what may stand there.
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        self.field = field
        self.value = value
        self.shown = shown(value)
        self.allowed = allowed
        super().__init__(f"{field}: {self.shown} is not allowed; {allowed}")


def shown(value: object) -> str:
    """A value as a message tells it: the beginning of a long one."""
    try:
        text = repr(value)
    except RecursionError:
        text = f"a {type(value).__name__} nested too deep"
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


class EventError(InputError):
    """An event that cannot be used."""


class ItemError(InputError):
    """A catalogue item that cannot be used."""


class ImportingError(VitrineError):
    """A file that cannot be read at all."""


class ConfigurationError(VitrineError):
    """Settings, or a shop's configuration document, that cannot be used."""


class MissingError(VitrineError):
    """A package or program that has to be installed first; the message says how."""


class NotFoundError(VitrineError):
    """A shop, item, model or visitor that does not exist."""


class ConflictError(VitrineError):
    """It exists already, or somebody else changed it first."""


class BusyError(ConflictError):
    """Somebody else is at it, now."""


class ArtifactError(VitrineError):
    """A saved model that is damaged, incomplete or of an unknown format."""


class NewerFormatError(ArtifactError):
    """A saved model of a format that only a newer Vitrine reads: nothing is wrong with it."""


class NewerError(VitrineError):
    """A record that only a newer Vitrine understands: another process may."""


class StoreError(VitrineError):
    """A store of files elsewhere that cannot be reached, or that refuses what it is asked."""


class ArchiveError(VitrineError):
    """A backup that is damaged, incomplete, of an unknown format, or that holds what no backup holds."""


class DeliveryError(VitrineError):
    """A receiver that does not take what it is sent, or to which nothing may be sent."""


class TrainingError(VitrineError):
    """A log from which nothing can be trained, or a model that may not be published."""

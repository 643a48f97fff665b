"""The register: which artifacts of a shop lie in an object store, and which were in service.

It is one small object, and the only one that is ever replaced. Whatever it does not name is not there, so files that
were uploaded by half are nobody's, and a version is added, put in service or deleted in one write.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal, Self, TypeVar
from uuid import uuid4

from pydantic import BaseModel, ValidationError

from recommender.errors import ArtifactError

REMEMBERED: Final = 32
"""Changes by which a writer whose answer was lost still finds its own."""


Document = TypeVar("Document", bound=BaseModel)


def read(kind: type[Document], content: bytes) -> Document:
    """What was saved of this kind.

    Raises:
        ArtifactError: it is damaged, or of a newer Vitrine.
    """
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        reason = error.errors()[0]
        where = ".".join(str(part) for part in reason["loc"])
        raise ArtifactError(
            f"the {kind.__name__.lower()} in the store cannot be read: {where} {reason['msg']}"
        ) from None


class Entry(BaseModel, extra="allow", frozen=True):
    """An artifact in the store; what a newer Vitrine says of it stays."""

    place: str
    """The folder of its files; never used again, so who deletes one version cannot hit another."""
    trained_at: datetime


class Register(BaseModel, extra="allow", frozen=True):
    """What is there, as of one moment; what a newer Vitrine says besides stays."""

    format_version: Literal[1] = 1
    versions: Mapping[str, Entry] = {}
    history: tuple[str, ...] = ()
    """Versions that were put in service, the one in service last."""
    changes: tuple[str, ...] = ()
    """Marks of the last changes, the newest last."""

    @property
    def current(self) -> str | None:
        """The version in service."""
        return self.history[-1] if self.history else None

    def entry(self, version: str) -> Entry:
        """Where a version lies.

        Raises:
            ArtifactError: there is none of that name.
        """
        if version not in self.versions:
            listed = ", ".join(sorted(self.versions)[-10:]) or "none"
            raise ArtifactError(f"there is no model {version!r}; there are: {listed}")
        return self.versions[version]

    def having(self, version: str, entry: Entry) -> Self:
        """With one more version, or another place of the same."""
        return self.model_copy(update={"versions": {**self.versions, version: entry}})

    def lacking(self, version: str) -> Self:
        """Without a version."""
        rest = {name: entry for name, entry in self.versions.items() if name != version}
        return self.model_copy(update={"versions": rest})

    def switched(self, history: list[str]) -> Self:
        """With another history, whose last version must be there.

        Raises:
            ArtifactError: it is not.
        """
        self.entry(history[-1])
        return self.model_copy(update={"history": tuple(history)})

    def marked(self) -> tuple[Self, str]:
        """The same as another change, and that change's mark."""
        mark = uuid4().hex
        return self.model_copy(update={"changes": (*self.changes[1 - REMEMBERED :], mark)}), mark

    def document(self) -> bytes:
        """The register as it is saved."""
        return self.model_dump_json(indent=2).encode()

"""Fitted models in files while others are fitted: memory then holds only what is looked at."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import let_go
from recommender.models.models import Saved, load
from recommender.models.threads import every_core

T = TypeVar("T", bound=Saved)


class Scratch:
    """Where models are put as soon as they are fitted.

    Args:
        folder: on whose disk there is room for them; None: they stay in memory.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._arrays: list[NDArray[Any]] = []

    def put(self, name: str, model: T | None) -> T | None:
        """The same model from files, which have no names any more and go with it.

        What others have read of the models before by now stays in the files only.

        Args:
            name: which of a shop's models it is.
            model: the model, where there is one.
        """
        if self._folder is None or model is None:
            return model
        self._folder.mkdir(parents=True, exist_ok=True)
        # An index that is opened leaves one thread to all searches; what is fitted next has every core again.
        with every_core(), TemporaryDirectory(prefix=".", dir=self._folder) as there:
            model.save(Path(there) / name)
            found: T = load(name, Path(there))
        self._arrays += _arrays(found)
        for array in self._arrays:
            let_go(array)
        return found


def _arrays(model: object) -> Iterator[NDArray[Any]]:
    for field in fields(model) if is_dataclass(model) else ():
        value = getattr(model, field.name)
        if isinstance(value, np.ndarray):
            yield value
        else:
            yield from _arrays(value)

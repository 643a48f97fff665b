"""Finding what a program is made of by name, once somebody asks for it."""

import gc
import sys
from importlib import import_module
from importlib.abc import MetaPathFinder
from typing import Any


def load(place: str) -> Any:
    """What is called `module:attribute`.

    What modules make while they are loaded stays. To look through it for garbage again and again takes a fifth of the
    time, so nobody looks meanwhile.
    """
    module, _, attribute = place.partition(":")
    looking = gc.isenabled()
    gc.disable()
    try:
        return getattr(import_module(module), attribute)
    finally:
        if looking:
            gc.enable()


def leave_out(package: str) -> None:
    """Let nobody in this process find a package that may be installed; those who can do without do without."""
    sys.meta_path.insert(0, _Nowhere(package))


class _Nowhere(MetaPathFinder):
    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, fullname: str, *_: object) -> None:
        """Look no further for that one package."""
        if fullname == self._package:
            raise ModuleNotFoundError(f"{fullname} is left out of this process", name=fullname)

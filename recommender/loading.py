"""Finding what a program is made of by name, once somebody asks for it."""

import gc
from importlib import import_module
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

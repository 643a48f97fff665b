"""Pages without scripts, made of a template beside the code that fills it."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template


@cache
def template(package: str, **filters: Callable[..., Any]) -> Template:
    """The `page.html` of a package; what is not escaped in it or not known is an error.

    Args:
        package: where it stands.
        filters: further filters, by name.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(filters)
    return environment.from_string(files(package).joinpath("page.html").read_text("utf-8"))

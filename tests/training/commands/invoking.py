"""Commands as they are typed, and what they answer."""

import json
from typing import Any

from typer.testing import CliRunner, Result

from recommender.command import app

SHOP = "gifts"


def invoke(*arguments: str, shop: str = SHOP) -> Result:
    """`vitrine` with these arguments, for one shop."""
    return CliRunner().invoke(app, [*arguments, "--shop", shop])


def run(*arguments: str, shop: str = SHOP) -> str:
    """What it printed; what it raised is raised."""
    found = invoke(*arguments, shop=shop)
    if found.exception is not None:
        raise found.exception
    return found.stdout


def answer(*arguments: str, shop: str = SHOP) -> dict[str, Any]:
    """What it tells machines."""
    document: dict[str, Any] = json.loads(run(*arguments, "--json", shop=shop))
    return document

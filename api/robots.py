"""Robots that say so: they get to see what everybody sees, and count as nobody."""

import re

from starlette.requests import Request

from api.keys import Caller

DECLARED = re.compile(
    r"(?<!cu)bot(?![a-z])|bots\b|crawl|spider|slurp|externalhit|mediapartners|inspectiontool|lighthouse|pingdom",
    re.IGNORECASE,
)
"""What crawlers, link previews and monitors call themselves. Cubots are phones; tools such as curl are their users'."""


def declared(request: Request, caller: Caller) -> bool:
    """Whether a page is being read by a robot; the shop's server speaks for whomever it likes."""
    return not caller.secret and DECLARED.search(request.headers.get("user-agent", "")) is not None

"""What a caller's visitor allows: what the call says, unless the browser itself says no."""

from starlette.requests import Request

from api.consent import NOTHING_GRANTED, Consent
from api.keys import Caller
from api.robots import declared

GPC = "sec-gpc"
"""Header of Global Privacy Control; `1`: the visitor wants their data neither sold nor shared."""


def refused(request: Request, caller: Caller) -> bool:
    """Whether a visitor's browser says Global Privacy Control.

    Then nothing is granted, as in the snippet, whatever the page says. Who consented all the same is told of by the
    shop's server, whose word counts: it has seen them choose, and speaks for whomever it likes.
    """
    return not caller.secret and request.headers.get(GPC) == "1"


def allowed(request: Request, caller: Caller, consent: Consent) -> Consent:
    """What the visitor allowed; nothing for a robot: it is never remembered, in no experiment, and gets no code."""
    return NOTHING_GRANTED if refused(request, caller) or declared(request, caller) else consent

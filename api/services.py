"""How a route reaches the services."""

from starlette.requests import Request

from api.bootstrap import Services


def services(request: Request) -> Services:
    """The services of the application that answers this request."""
    found: Services = request.app.state.services
    return found

"""The demo shop: a storefront that uses Vitrine exactly as a shop would."""

from api.demo.pages import routes

__all__ = ["routes"]

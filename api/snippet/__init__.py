"""The script that a shop puts on its pages, made of the small modules beside this file."""

from api.snippet.bundle import bundle, popups, snippet

__all__ = ["bundle", "popups", "snippet"]

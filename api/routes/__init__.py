"""The calls of the HTTP API, one module a noun."""

from fastapi import APIRouter

from api import demo
from api.routes import (
    catalog,
    config,
    docs,
    events,
    health,
    metrics,
    models,
    page,
    people,
    recommendations,
    similar,
    snippet,
)


def routers() -> list[APIRouter]:
    """All of them, and the demo shop's pages."""
    modules = (page, similar, recommendations, events, catalog, config, models, people, health, metrics, docs, snippet)
    return [*(module.router for module in modules), demo.routes()]

"""The calls of the HTTP API, one module a noun."""

from fastapi import APIRouter

from api import demo
from api.routes import (
    catalog,
    config,
    coupons,
    docs,
    events,
    health,
    metrics,
    models,
    page,
    people,
    popups,
    recommendations,
    segments,
    similar,
    snippet,
)


def routers() -> list[APIRouter]:
    """All of them, and the demo shop's pages."""
    storefront = (page, popups, similar, recommendations, events, snippet)
    shop = (catalog, config, coupons, models, people, segments)
    modules = (*storefront, *shop, health, metrics, docs)
    return [*(module.router for module in modules), demo.routes()]

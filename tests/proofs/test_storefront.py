"""The short form of `python -m tests.proofs storefront`."""

import pytest
import redis

from tests import services
from tests.proofs.storefront import budgets, rush

VISITORS, CODES = 120, 12


@pytest.mark.slow
def test_a_rush_over_what_is_embedded_gives_each_code_once() -> None:
    assert "refused: 108 sold_out" in rush(VISITORS, CODES, budgets(CODES)["pool"], 7, 1, {})


@pytest.mark.slow
@pytest.mark.redis
@pytest.mark.postgres
def test_a_rush_over_redis_and_postgresql_keeps_the_budget(redis_url: str, postgres_url: str) -> None:
    redis.Redis.from_url(redis_url).flushdb()
    database = services.new_database(postgres_url, "rush")
    settings = {"VITRINE_REDIS_URL": redis_url, "VITRINE_DATABASE_URL": database}
    assert "refused: 113 budget" in rush(VISITORS, CODES, budgets(CODES)["budget"], 7, 2, settings)

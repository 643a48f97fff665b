"""Get what `make test` needs beyond Python packages, where it is missing: Chromium, Java, PostgreSQL and Redis.

Meanwhile the loops that most tests run are compiled, in two halves that take as long as one another, so that not every
process of the tests compiles them anew.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence

from recommender.errors import MissingError
from tests import chromium, services
from training.spark.java import LEAST, java_home

COMPILING = (
    "from recommender.models.sessions.warming import warm; warm()",
    "from recommender.engine.warming import warm; warm()",
)


def _missing(find: Callable[[], object]) -> str | None:
    """What to install, when `find` fails."""
    try:
        find()
    except (RuntimeError, MissingError) as error:
        return str(error)
    return None


def _prepare(find: Callable[[], object], *attempts: Sequence[str]) -> str | None:
    """Try one attempt after the other until `find` succeeds; else what to install by hand."""
    for attempt in attempts:
        if _missing(find) is None:
            return None
        subprocess.run(attempt, check=False)
    return _missing(find)


def _debian(package: str) -> list[Sequence[str]]:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return []
    return [["sh", "-c", f"apt-get update -qq && apt-get install -y -qq --no-install-recommends {package}"]]


def main() -> None:
    """Prepare all of it; exits with what is missing."""
    compiling = [subprocess.Popen([sys.executable, "-c", code]) for code in COMPILING]
    download = [sys.executable, "-m", "playwright", "install", "chromium"]
    problems = [
        _prepare(chromium.executable, download, *_debian("chromium")),
        _prepare(services.redis_binary, *_debian("redis-server")),
        _prepare(services.postgres_binaries, *_debian("postgresql")),
        _prepare(java_home, *_debian(f"openjdk-{LEAST}-jre-headless")),
    ]
    for process in compiling:
        process.wait()
    if found := [problem for problem in problems if problem]:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()

"""The packages depend on each other in one direction only."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
DISPATCHER = ROOT / "recommender" / "command.py"
FORBIDDEN = {
    "recommender": {"training", "api", "fastapi", "starlette", "uvicorn", "redis", "pydantic_settings"},
    "training": {"api", "fastapi", "starlette", "uvicorn", "redis"},
    "api": {"training"},
}
HEAVY = {"implicit", "sklearn", "polars", "pandas", "lightgbm", "matplotlib", "optuna"}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("package", FORBIDDEN)
def test_no_module_imports_what_its_package_may_not(package: str) -> None:
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / package).rglob("*.py")
        for name in imported(path)
        if name in FORBIDDEN[package]
    }
    assert wrong == set()


def test_the_library_does_not_read_the_environment() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "recommender").rglob("*.py")
        if path != DISPATCHER and ("os.environ" in (text := path.read_text(encoding="utf-8")) or "getenv" in text)
    ]
    assert readers == []


def test_the_engine_reads_no_clock_and_no_randomness() -> None:
    calls = ("datetime.now", "time.time", "utcnow", "default_rng()", "import random", "uuid4")
    impure = [
        f"{path.relative_to(ROOT)}: {call}"
        for path in (ROOT / "recommender" / "engine").rglob("*.py")
        for call in calls
        if call in path.read_text(encoding="utf-8")
    ]
    assert impure == []


def test_serving_loads_no_training_library() -> None:
    code = f"import sys, api.app; print(sorted({HEAVY!r} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert answer.stdout.strip() == "[]"


TOP_LEVEL = {
    "recommender", "training", "api", "notebooks", "tests", ".ci", ".dockerignore", ".gitignore", "ARCHITECTURE.md",
    "CHANGELOG.md", "CONTRIBUTING.md", "Dockerfile", "LICENSE", "Makefile", "README.md", "compose.yaml",
    "pyproject.toml", "requirements.lock", "requirements-dev.lock",
}  # fmt: skip


def test_the_top_level_holds_nothing_unexpected() -> None:
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert {name.partition("/")[0] for name in listed.splitlines()} <= TOP_LEVEL


@pytest.mark.parametrize(("lock", "extra"), [("requirements.lock", None), ("requirements-dev.lock", "dev")])
def test_a_lock_holds_every_dependency_that_is_declared(lock: str, extra: str | None) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = [*project["dependencies"], *(project["optional-dependencies"][extra] if extra else [])]
    names = {Requirement(one).name.lower() for one in declared} - {project["name"]}
    locked = {line.partition("==")[0] for line in (ROOT / lock).read_text("utf-8").splitlines() if "==" in line}
    assert names <= {name.partition("[")[0] for name in locked}

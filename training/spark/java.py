"""Java for Spark: one that is new enough, wherever it was put."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from recommender.errors import MissingError

LEAST = 17
FOLDER = Path("/usr/lib/jvm")
"""Where systems install several."""
HOME = "JAVA_HOME"
VECTORS = "jdk.incubator.vector"
"""A part of Java without which Spark does not start."""


def java_home(environment: Mapping[str, str] = os.environ, folder: Path = FOLDER) -> Path:
    """The folder of the first Java that Spark can run on: of JAVA_HOME, the PATH, the system.

    Raises:
        MissingError: there is none.
    """
    found = [(home, _version(home / "bin" / "java")) for home in _homes(environment, folder)]
    for home, version in found:
        if version >= LEAST:
            return home
    seen = ", ".join(f"{home} ({version or 'cannot run Spark'})" for home, version in found)
    raise MissingError(
        f"Java: {seen or 'none'} was found, and Spark needs a whole Java {LEAST} or later; install one "
        f"(Debian: apt-get install openjdk-{LEAST}-jre-headless), or set {HOME}"
    )


def _homes(environment: Mapping[str, str], folder: Path) -> Iterator[Path]:
    if environment.get(HOME):
        yield Path(environment[HOME])
    if on_path := shutil.which("java", path=environment.get("PATH", "")):
        yield Path(on_path).resolve().parents[1]
    yield from sorted(java.parents[1] for java in folder.glob("*/bin/java"))


@cache
def _version(java: Path) -> int:
    """The major version; 0: it does not run with what Spark asks for, as cut-down runtimes of packages do not."""
    try:
        asked = [str(java), f"--add-modules={VECTORS}", "-version"]
        told = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r'version "(?:1\.)?(\d+)', told.stderr + told.stdout)
    return int(found[1]) if found else 0

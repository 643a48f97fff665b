"""Java is found where it is, or asked for in words."""

from pathlib import Path

import pytest

from recommender.errors import MissingError
from training.spark.java import java_home


def java(home: Path, version: str | None) -> Path:
    """A program that says that it is some Java; without a version it does not run."""
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(
        "#!/bin/sh\nexit 1" if version is None else f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2"
    )
    program.chmod(0o755)
    return home


def test_the_first_java_that_is_new_enough_is_taken(tmp_path: Path) -> None:
    old, new = java(tmp_path / "old", "1.8.0_402"), java(tmp_path / "new", "17.0.15")
    found = java_home({"JAVA_HOME": str(old), "PATH": str(new / "bin")}, tmp_path / "none")

    assert found == new


def test_the_systems_folder_is_looked_through(tmp_path: Path) -> None:
    java(tmp_path / "jvm" / "a-11", "11.0.2")
    new = java(tmp_path / "jvm" / "b-21", "21.0.1")

    assert java_home({}, tmp_path / "jvm") == new


def test_without_java_it_is_said_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"none was found.*Java 17 or later.*openjdk-17-jre-headless.*JAVA_HOME"):
        java_home({}, tmp_path)


def test_what_was_found_and_will_not_do_is_named(tmp_path: Path) -> None:
    old, cut = java(tmp_path / "jvm" / "a", "11.0.2"), java(tmp_path / "jvm" / "b", None)

    with pytest.raises(MissingError, match=rf"{old} \(11\), {cut} \(cannot run Spark\) was found"):
        java_home({}, tmp_path / "jvm")

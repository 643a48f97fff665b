"""What can be set, called or run is in the README."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from typer.main import get_command

from api import routes
from api.metrics import Metrics
from api.settings import Settings
from recommender.command import COMMANDS, app
from recommender.configuration import default_configuration
from recommender.retention.segments import SEGMENTS
from recommender.retention.traits import TRAITS

ROOT = Path(__file__).parent.parent
RETENTION = (ROOT / "recommender" / "retention" / "README.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def settings() -> list[str]:
    return [f"VITRINE_{name.upper()}" for name in Settings.model_fields]


@pytest.mark.parametrize("name", settings())
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", settings())
def test_every_setting_says_what_it_does(name: str) -> None:
    assert Settings.model_fields[name.removeprefix("VITRINE_").lower()].description


def test_the_readme_names_no_setting_that_does_not_exist() -> None:
    assert set(re.findall(r"VITRINE_[A-Z_]+", README)) <= set(settings())


def metrics() -> set[str]:
    """Their names as Prometheus shows them."""
    families = Metrics().registry.collect()
    return {f"{one.name}_total" if one.type == "counter" else one.name for one in families}


def test_every_metric_is_documented_and_no_other_one() -> None:
    table = README.split("| metric |")[1].split("\n\n")[0]
    assert set(re.findall(r"`(vitrine_\w+)`", table)) == metrics()
    assert set(re.findall(r"`(vitrine_[a-z_]+)[`{]", README)) <= metrics()


def commands() -> list[str]:
    found = []
    group = get_command(app)
    for name in COMMANDS:
        command = group.get_command(None, name)  # type: ignore[attr-defined]
        found += [f"vitrine {name} {sub}" for sub in getattr(command, "commands", {})] or [f"vitrine {name}"]
    return found


@pytest.mark.parametrize("command", commands())
def test_every_command_is_documented(command: str) -> None:
    assert command in README


def test_the_placements_of_a_new_shop_are_documented_and_no_others() -> None:
    shown = README.split("placements for every page type:")[1].split("`PUT /v1/config`")[0]
    assert re.findall(r"[a-z]+(?:-[a-z]+)+", shown) == [one.id for one in default_configuration().placements]


def endpoints() -> list[str]:
    service = FastAPI()
    for router in routes.routers():
        service.include_router(router)
    paths = service.openapi()["paths"]
    return sorted(f"{method.upper()} {path}" for path, methods in paths.items() for method in methods)


@pytest.mark.parametrize("endpoint", endpoints())
def test_every_endpoint_is_documented(endpoint: str) -> None:
    assert f"`{endpoint}`" in README


@pytest.mark.parametrize("name", TRAITS)
def test_every_trait_is_documented_as_the_code_says_it(name: str) -> None:
    trait = TRAITS[name]
    assert f"| `{name}` | {trait.kind.value} | {trait.words}" in RETENTION
    assert trait.words[0].islower() or trait.words[0].isdigit()


@pytest.mark.parametrize("name", SEGMENTS.named)
def test_every_segment_of_a_new_shop_is_documented(name: str) -> None:
    assert re.search(rf"^\| .*`{name}`", RETENTION, re.MULTILINE)

"""What a run leaves behind: JSON for machines, a table for people, a picture."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from tests.benchmarks.speed import loads
from tests.benchmarks.speed.machine import sentence
from tests.benchmarks.speed.plot import draw
from tests.benchmarks.speed.section import Section

RESULTS, TABLE, PICTURE = "results.json", "results.md", "results.svg"
EXPLAINED = """\
`vitrine` is the service as it is served; `typed` a FastAPI endpoint with the same parameters or body that returns the
same bytes, `bare` a Starlette route that does, both under the same server. They were loaded in turns; figures are
medians over the rounds, and ratios are those of one round. RSS and PSS are of all processes of a server.
"""


def write(folder: Path, machine: dict[str, Any], options: Mapping[str, Any], sections: Mapping[str, Section]) -> None:
    """Write what is known so far; called after every part, so that a run that is stopped keeps the parts it did."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "machine": machine,
        "options": options,
        "wrk": loads.has_wrk(),
        "parts": {name: section.document() for name, section in sections.items()},
    }
    (folder / RESULTS).write_bytes(orjson.dumps(document, _named, orjson.OPT_INDENT_2))
    (folder / TABLE).write_text(text(machine, sections))
    draw(folder / PICTURE, list(sections.values()))


def text(machine: dict[str, Any], sections: Mapping[str, Section]) -> str:
    """The tables."""
    warning = [] if loads.has_wrk() else [f"**{loads.MISSING}.**\n"]
    tables = [section.markdown() for section in sections.values()]
    return "\n".join(["## Speed\n", f"{sentence(machine)}.\n", *warning, EXPLAINED, *tables])


def _named(path: Path) -> str:
    """A file of the options: where it lies says nothing to others."""
    return path.name

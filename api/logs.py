"""What the process says of itself, on standard error: one JSON object a line, or lines to read on a terminal.

Lines of one request carry its id, the web server's lines included. Nothing that is said names a person: no ids of
visitors and customers, no addresses, no codes; where values could get in (paths, parameters of queries, rows that a
database complains of) they are left out.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from api.exchange import CURRENT

ROWS = re.compile(r"DETAIL: .*")
"""Where PostgreSQL tells the values that it complains of."""


def configure(level: str) -> None:
    """Log messages from `level` on, of this service and of the web server."""
    least = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Any] = [
        _with_request,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_rows,
    ]
    shown: Any = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, shown],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove, shown]))
    logging.basicConfig(
        level=max(least, logging.INFO), handlers=[handler], force=True
    )  # libraries' details are not ours


def _with_request(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    current = CURRENT.get()
    if current is not None:
        line.setdefault("request_id", current.request_id)
        if current.shop is not None:
            line.setdefault("shop", current.shop)
    return line


def without_rows(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The line without values of rows that a database complains of."""
    for name in ("exception", "error", "reason"):
        if isinstance(line.get(name), str):
            line[name] = ROWS.sub("DETAIL: …", line[name])
    return line

"""Of 10,000 visitors at once 500 get the 500 codes, none twice, and no budget is exceeded by a cent."""

import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from tests import services
from tests.proofs.claims import Rush, check, claim_all, prepare
from tests.proofs.tried import Tried

CLAIMS, CODES, PROCESSES = 10_000, 500, 4


def rushes(claims: int, codes: int, seed: int) -> dict[str, Rush]:
    """One that the pool ends, one that the budget ends, one that either may end."""
    return {
        "pool": Rush(claims, codes, Decimal(1_000_000), seed),
        "budget": Rush(claims, None, Decimal(codes) * Decimal("2.47"), seed),
        "both": Rush(claims, codes, Decimal(codes) * Decimal("4.99"), seed),
    }


def prove(seed: int) -> Iterator[Tried]:
    """Over PostgreSQL from four processes, over SQLite from the threads of one."""
    with services.postgres_server() as server:
        for name, rush in rushes(CLAIMS, CODES, seed).items():
            url = services.new_database(server, f"proof_{name}")
            yield _tried(f"PostgreSQL, {PROCESSES} processes", name, rushed(url, rush, PROCESSES))
    for name, rush in rushes(CLAIMS, CODES, seed).items():
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{Path(folder) / 'proof.db'}"
            yield _tried("SQLite, one process", name, rushed(url, rush, 1))


def _tried(where: str, name: str, found: str) -> Tried:
    what = f"{CLAIMS:,} visitors want {CODES} codes at once, limited by {name}: {where}"
    return Tried(what, found, "0 codes twice, 0 cents over the budget")


def rushed(url: str, rush: Rush, processes: int) -> str:
    """Let everybody claim, and check what became of it."""
    prepare(url, rush)
    return check(url, rush, claim_all(url, rush, processes))

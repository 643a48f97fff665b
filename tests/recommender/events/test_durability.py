"""Acknowledged means durable: a process is killed as soon as it has said that an event is safe."""

import os
import signal
import subprocess
import sys

from recommender.events.compaction import compact
from recommender.events.log import EventLog
from recommender.workspace import ShopFolder
from tests.conftest import NOW

WRITER = """
import sys
from datetime import datetime
from pathlib import Path
from recommender.events.decoding import decode
from recommender.events.rows import Received
from recommender.events.spool import Spool

now = datetime.fromisoformat(sys.argv[2])
spool = Spool.create(Path(sys.argv[1]))
number = 0
while True:
    document = {"event": "view_item", "visitor_id": "v", "item_id": "A", "event_id": str(number)}
    spool.append([Received(decode(document, now=now)[0], now, False).encode()])
    print(number, flush=True)
    number += 1
"""


def killed_after(folder: ShopFolder, lines: int) -> int:
    """Kill a writer once it has acknowledged `lines` events; returns how many it did acknowledge."""
    command = [sys.executable, "-c", WRITER, str(folder.spools), NOW.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(lines):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        late = process.stdout.read().split("\n")
    return lines + sum(1 for line in late if line)


def numbers(folder: ShopFolder) -> list[int]:
    return sorted(int(id_) for id_ in EventLog(folder).scan().collect()["event_id"])


def test_a_killed_process_loses_no_event_that_it_acknowledged(shop: ShopFolder) -> None:
    acknowledged = killed_after(shop, 25)

    found = numbers(shop)

    # The last one may have been kept without the word getting out.
    assert found in (list(range(acknowledged)), list(range(acknowledged + 1)))


def test_the_log_takes_over_what_a_killed_process_acknowledged(shop: ShopFolder) -> None:
    acknowledged = killed_after(shop, 1)
    before = numbers(shop)

    summary = compact(shop, now=NOW)

    assert summary.events == len(before) >= acknowledged
    assert summary.spools_removed == 1
    assert numbers(shop) == before

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from recommender.errors import ImportingError, NotFoundError
from recommender.events.log import EventLog
from tests.training.importing.conftest import Importing, Write
from training.importing.events import EventOptions, import_events
from training.importing.formats import EventFormat
from training.importing.source import Source

HEADER = "event,timestamp,visitor_id,item_id\n"
FIRST = "view_item,2024-03-01T10:00:00Z,v,A\nview_item,2024-03-01T10:00:00Z,v,A\n"
SECOND = "view_item,2024-03-02T10:00:00Z,v,B\n"


def items(importing: Importing) -> list[str]:
    return sorted(EventLog(importing.folder).scan().collect()["item_id"])


def test_the_same_file_twice_changes_nothing(write: Write, importing: Importing) -> None:
    first = importing.events(write(HEADER + FIRST))
    before = EventLog(importing.folder).fingerprint()
    second = importing.events(write(HEADER + FIRST))

    assert (first.written, first.known, first.unchanged) == (2, 0, False)
    assert (second.written, second.known, second.unchanged) == (0, 2, True)
    assert EventLog(importing.folder).fingerprint() == before


@pytest.mark.parametrize("text", [HEADER + FIRST + SECOND, HEADER + SECOND + FIRST])
def test_of_an_extended_file_only_new_rows_are_written(write: Write, importing: Importing, text: str) -> None:
    importing.events(write(HEADER + FIRST))

    summary = importing.events(write(text))

    assert (summary.rows, summary.written, summary.known) == (3, 1, 2)
    assert items(importing) == ["A", "A", "B"]


def test_the_same_rows_in_another_form_are_known(write: Write, importing: Importing) -> None:
    importing.events(write(HEADER + FIRST))

    summary = importing.events(write((HEADER + FIRST).replace(",", ";"), "other.csv.gz"))

    assert (summary.written, summary.known) == (0, 2)


def test_a_file_is_read_again_when_the_log_was_lost(write: Write, importing: Importing) -> None:
    importing.events(write(HEADER + FIRST))
    for path in importing.folder.log.rglob("*.parquet"):
        path.unlink()
    importing.folder.event_ids.unlink(missing_ok=True)

    assert importing.events(write(HEADER + FIRST)).written == 2


def test_refused_rows_are_counted_and_kept_in_a_file(write: Write, importing: Importing) -> None:
    summary = importing.events(write(HEADER + FIRST + "view_item,never,v,A\nshort\n"))

    assert (summary.rows, summary.written) == (4, 2)
    assert summary.rejected == {"row": 1, "timestamp": 1}
    assert summary.rejects_file is not None
    assert len(Path(summary.rejects_file).read_text().splitlines()) == 2


def test_a_file_without_refused_rows_leaves_no_rejects(write: Write, importing: Importing) -> None:
    assert importing.events(write(HEADER + FIRST)).rejects_file is None
    assert not importing.folder.rejects.exists()


def test_a_file_of_which_no_row_can_be_used_is_refused(write: Write, importing: Importing) -> None:
    source = write(HEADER + "look,2024-03-01,v,A\n" * 3)

    with pytest.raises(
        ImportingError, match=r"none of its rows can be used; 3 refused, 3 of them for event: see .*jsonl"
    ):
        importing.events(source)


def test_a_file_that_breaks_off_leaves_the_log_as_it_was(write: Write, importing: Importing) -> None:
    whole = write(HEADER + FIRST * 9999, "file.csv.gz").path.read_bytes()

    with pytest.raises(ImportingError, match="cut short"):
        importing.events(write(whole[:-30], "cut.csv"))

    assert items(importing) == []


def test_a_header_alone_is_no_mistake(write: Write, importing: Importing) -> None:
    assert importing.events(write(HEADER)).rows == 0


def test_the_shop_must_exist(write: Write, importing: Importing) -> None:
    with pytest.raises(NotFoundError, match="no shop 'other'; shops: shop"):
        import_events(write(HEADER), "other", folder=importing.folder, records=importing.records, now=importing.now)


def test_options_of_csv_are_refused_for_other_formats(write: Write, importing: Importing) -> None:
    with pytest.raises(ImportingError, match="is read as ga4; --map and --event go with --format csv only"):
        importing.events(write("{}"), EventOptions(EventFormat.GA4, {"item_id": "sku"}))


def test_a_file_far_larger_than_what_is_held_keeps_memory_low(tmp_path: Path, importing: Importing) -> None:
    rows, day = 250_000, 86_400
    frame = pl.select(n=pl.int_range(rows)).select(
        event=pl.lit("view_item"),
        timestamp=1_700_000_000 + pl.col("n") * 20 * day // rows,
        visitor_id=pl.format("visitor-{}", pl.col("n") % 5_000),
        item_id=pl.format("item-{}", pl.col("n") % 999),
    )
    frame.write_csv(tmp_path / "large.csv")
    # Not getrusage: a child's high-water mark there begins at that of the process that started it.
    peak = "next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1]"
    script = "import sys; from training.commands.imports import app; app(standalone_mode=False);" \
        f"print({peak}, file=sys.stderr)"  # fmt: skip
    run = subprocess.run(
        [sys.executable, "-c", script, "events", str(tmp_path / "large.csv"), "--shop", "shop", "--json"],
        env={"VITRINE_HOME": str(importing.folder.path.parent.parent)}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert '"written":250000' in run.stdout
    assert int(run.stderr.split()[-1]) < 400 * 1024


def test_the_source_is_reported_while_it_is_read(write: Write, importing: Importing) -> None:
    seen, days = list[int](), list[tuple[int, int]]()
    source = Source(write(HEADER + FIRST + SECOND).path, report=seen.append)

    import_events(
        source, "shop", folder=importing.folder, records=importing.records, now=importing.now,
        on_day=lambda done, of: days.append((done, of)),
    )  # fmt: skip

    assert seen[-1] == source.size()
    assert days == [(1, 2), (2, 2)]

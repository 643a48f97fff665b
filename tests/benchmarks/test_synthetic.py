import json
import subprocess
import sys
import tracemalloc
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.records import Records
from recommender.training import TrainingConfiguration
from recommender.workspace import ShopFolder
from tests.benchmarks.shop import NAME, Shop, Used
from tests.benchmarks.synthetic import catalogue, events, vectors
from tests.benchmarks.synthetic.drawing import place, uniform, zipf
from tests.benchmarks.synthetic.events import END, tables
from tests.benchmarks.synthetic.files import CATALOGUE, EVENTS, Size, write
from tests.benchmarks.synthetic.home import BRIEF, CARD, TRAINING, created, pieces, prepare, ready
from tests.benchmarks.synthetic.vectors import Mixture
from tests.benchmarks.synthetic.world import World
from training.importing.catalog import import_catalog
from training.importing.events import import_events
from training.importing.source import Source

SMALL = Size(items=300, events=3_000, seed=11)
AFTER = datetime(2025, 12, 1, tzinfo=UTC)


def log(world: World, count: int, block: int = 1 << 12) -> pl.DataFrame:
    frames = [pl.from_arrow(table) for table in tables(world, count, block)]
    assert all(isinstance(frame, pl.DataFrame) for frame in frames)
    return pl.concat(frames)  # type: ignore[type-var]


@pytest.fixture(scope="module")
def world() -> World:
    return World.of(items=2_000, events=200_000, seed=3)


@pytest.fixture(scope="module")
def rows(world: World) -> pl.DataFrame:
    return log(world, 200_000, 1 << 16)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "files", SMALL)
    return tmp_path / "files"


class TestDrawing:
    def test_zipf_halves_from_the_first_to_the_second_and_falls_tenfold_to_the_tenth(self) -> None:
        assert zipf(10, 1.0)[[0, 1, 9]].tolist() == [1.0, 0.5, 0.1]
        assert zipf(4, 2.0).tolist() == pytest.approx([1, 1 / 4, 1 / 9, 1 / 16])

    def test_a_point_falls_on_the_part_that_holds_it(self) -> None:
        line = np.array([0.0, 0.5, 0.5, 2.0])  # the second part has no weight
        assert place(line, np.array([0.0, 0.49, 0.5, 1.99, 2.0])).tolist() == [0, 0, 2, 2, 2]

    @given(st.integers(0, 2**32), st.integers(0, 100), st.integers(0, 2**50))
    def test_a_hash_is_a_share_and_always_the_same(self, seed: int, salt: int, key: int) -> None:
        first, again = (uniform(seed, salt, np.array([key, key + 1]))[0] for _ in range(2))
        assert 0 <= first < 1
        assert first == again

    def test_hashes_are_spread_evenly(self) -> None:
        counts = np.bincount((uniform(1, 2, np.arange(100_000)) * 10).astype(int), minlength=10)
        assert abs(counts - 10_000).max() < 500  # five standard deviations


class TestEvents:
    def test_popularity_falls_as_zipf_says(self, world: World, rows: pl.DataFrame) -> None:
        viewed = rows.filter(event="view_item")["item_id"].str.slice(1).cast(pl.Int64).to_numpy()
        by_rank = np.bincount(world.ranks[viewed], minlength=world.items)
        bands = [(1, 2), (2, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 128), (128, 256), (256, 512)]
        means = [by_rank[first - 1 : last - 1].mean() for first, last in bands]
        expected = [zipf(512, 1.0)[first - 1 : last - 1].mean() for first, last in bands]
        slope = np.polyfit(np.log(expected), np.log(means), 1)[0]
        assert slope == pytest.approx(1.0, abs=0.1)

    def test_a_purchase_follows_a_view_and_a_cart_of_the_same_session(self, rows: pl.DataFrame) -> None:
        key = ["session_id", "visitor_id", "item_id"]
        bought = rows.filter(event="purchase")
        assert len(bought) > 1_000
        for before in ("view_item", "add_to_cart"):
            first = rows.filter(event=before).group_by(key).agg(pl.col("timestamp").min().alias("before"))
            joined = bought.join(first, on=key, how="left")
            assert joined["before"].null_count() == 0
            assert (joined["before"] < joined["timestamp"]).all()

    def test_an_order_has_each_item_once_and_says_what_it_costs(self, rows: pl.DataFrame) -> None:
        orders = rows.filter(event="purchase").group_by("order_id")
        told = orders.agg(pl.len(), pl.col("item_id").n_unique(), pl.col("price").sum().alias("sum"), "value")
        assert (told["len"] == told["item_id"]).all()
        assert told["len"].max() > 1  # type: ignore[operator]
        whole = told.filter(pl.col("value").list.n_unique() == 1).with_columns(pl.col("value").list.first())
        assert len(whole) == len(told)
        # An order at the very end of a block may be cut off; nothing else is.
        assert (whole["sum"] > whole["value"] + 0.01).sum() == 0
        assert (whole["sum"] < whole["value"] - 0.01).mean() < 0.01  # type: ignore[operator]

    def test_visitors_have_tastes(self, world: World, rows: pl.DataFrame) -> None:
        aisles = pl.DataFrame({"item_id": [f"i{item}" for item in range(world.items)], "aisle": world.aisles})
        viewed = rows.filter(event="view_item").join(aisles, on="item_id")
        of_visitors = viewed.group_by("visitor_id").agg(pl.len(), pl.col("aisle").mode().first().alias("most"))
        usual = viewed.join(of_visitors.filter(pl.col("len") >= 20), on="visitor_id")
        own = (usual["aisle"] == usual["most"]).mean()
        anybodys = viewed["aisle"].value_counts(normalize=True)["proportion"].max()
        assert own > 1.5 * anybodys  # type: ignore[operator]

    def test_a_session_goes_on_from_item_to_item(self, world: World, rows: pl.DataFrame) -> None:
        viewed = rows.filter(event="view_item").sort("session_id", "timestamp")
        item = viewed["item_id"].str.slice(1).cast(pl.Int64).to_numpy()
        sessions = viewed["session_id"].to_numpy()
        same = sessions[1:] == sessions[:-1]
        companions = np.stack([world.companions(item[:-1], np.full(len(item) - 1, which)) for which in range(3)])
        follows = (companions == item[1:]).any(axis=0)
        assert follows[same].mean() > 0.3 > 2 * follows[~same].mean()

    def test_the_log_ends_with_its_time(self, rows: pl.DataFrame) -> None:
        assert rows["timestamp"].max() == pytest.approx(END * 1000, rel=1e-4)

    @settings(max_examples=10)
    @given(st.integers(1_000, 9_000), st.integers(0, 99), st.integers(500, 4_000))
    def test_there_are_as_many_rows_as_asked_for_and_never_more_than_a_block_at_once(
        self, count: int, seed: int, block: int
    ) -> None:
        sizes = [len(table) for table in tables(World.of(200, count, seed), count, block)]
        assert sum(sizes) == count
        assert max(sizes) <= block

    def test_memory_holds_one_block_however_many_there_are(self, world: World) -> None:
        def peak(blocks: int) -> int:
            tracemalloc.start()
            for _ in tables(world, blocks * 4_096, 4_096):
                pass
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return most

        peak(1)  # what is worked out once of the world does not count
        assert peak(24) < 1.3 * peak(3)


class TestCatalogue:
    def test_every_item_is_there_once(self, world: World) -> None:
        found = pa.concat_tables(catalogue.tables(world, 512)).to_pydict()
        assert found["id"] == [f"i{item}" for item in range(world.items)]
        assert set(found["availability"]) == {"in_stock", "out_of_stock"}
        reduced = [pair for pair in zip(found["sale_price"], found["price"], strict=True) if pair[0] is not None]
        assert 0.05 < len(reduced) / world.items < 0.15
        assert all(sale < price for sale, price in reduced)

    def test_a_category_has_several_brands(self, world: World) -> None:
        frame = pl.from_arrow(pa.concat_tables(catalogue.tables(world)))
        assert isinstance(frame, pl.DataFrame)
        assert frame.group_by("product_type").agg(pl.col("brand").n_unique())["brand"].min() == 6

    def test_words_differ_as_their_numbers_do(self) -> None:
        assert [catalogue.word(number) for number in (0, 1, 15, 3375)] == ["Bababa", "Babade", "Badeba", "Debababa"]
        assert len({catalogue.word(number) for number in range(5_000)}) == 5_000


class TestFiles:
    def test_the_same_seed_gives_the_same_bytes_and_another_one_others(self, folder: Path, tmp_path: Path) -> None:
        write(tmp_path / "again", SMALL)
        write(tmp_path / "other", Size(SMALL.items, SMALL.events, SMALL.seed + 1))
        for name in (EVENTS, CATALOGUE):
            first, again, other = ((tmp_path / place / name).read_bytes() for place in ("files", "again", "other"))
            assert first == again
            assert first != other

    @pytest.mark.parametrize(
        ("size", "message"),
        [
            ((99, 1_000, 0), "items: 99 is too few; use at least 100"),
            ((100, 999, 0), "events: 999 is too few; use at least 1000"),
            ((100, 1_000, -1), "seed: -1 is not allowed; use 0 or more"),
        ],
    )
    def test_a_size_that_makes_no_shop_is_refused(self, size: tuple[int, int, int], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            Size(*size)

    def test_the_command_writes_both_files_and_refuses_what_is_no_size(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.synthetic", "--events", "1000", str(tmp_path), "--items"]
        subprocess.run([*command, "100"], check=True, capture_output=True)
        assert {path.name for path in tmp_path.iterdir()} == {EVENTS, CATALOGUE}
        refused = subprocess.run([*command, "5"], check=False, capture_output=True, text=True)
        assert refused.returncode == 2
        assert "items: 5 is too few; use at least 100" in refused.stderr


class TestImport:
    def test_every_row_is_taken(self, folder: Path, tmp_path: Path, shop: ShopFolder, records: Records) -> None:
        records.shops.create("shop")
        for piece in pieces(folder / EVENTS, tmp_path, events.BLOCK):
            told = import_events(Source(piece), "shop", folder=shop, records=records, now=AFTER)
            assert (told.rows, told.written, told.rejected) == (SMALL.events, SMALL.events, {})
        for piece in pieces(folder / CATALOGUE, tmp_path):
            told = import_catalog(Source(piece), "shop", folder=shop, records=records, now=AFTER)
            assert (told.written, told.rejected) == (SMALL.items, {})
        assert list(tmp_path.glob("*.csv")) == []

    def test_a_home_is_not_given_to_another_shop(self, folder: Path, tmp_path: Path) -> None:
        card = {"size": {"items": 100, "events": 1000, "seed": 1}, "keys": {}, "seconds": {}}
        (tmp_path / CARD).write_text(json.dumps(card))
        with pytest.raises(FileExistsError, match="holds a shop of 100 items and 1,000 events"):
            prepare(tmp_path, folder, SMALL)

    def test_a_home_goes_on_where_it_was_left_and_is_ready_once_trained(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        done: list[str] = []
        monkeypatch.setattr(Shop, "run", lambda self, *arguments: done.append(" ".join(arguments)) or "")
        monkeypatch.setattr(Shop, "used", lambda self, *arguments: done.append(" ".join(arguments)) or Used(3.0, 500.0))
        card = {"size": asdict(SMALL), "keys": {"public_key": "pk"}, "seconds": {"import of the catalogue": 1.0}}
        (tmp_path / CARD).write_text(json.dumps(card))
        write(tmp_path, SMALL)
        assert ready(tmp_path) is None
        for _ in range(2):
            assert prepare(tmp_path, tmp_path, SMALL, BRIEF)["keys"] == {"public_key": "pk"}
        assert done == [f"import events {tmp_path}/events-0.csv", f"train --config {BRIEF}"]
        assert ready(tmp_path) == SMALL
        used = json.loads((tmp_path / CARD).read_text())["used"]
        assert used == {TRAINING: {"cpu_seconds": 3.0, "peak_mb": 500.0}}

    def test_what_a_command_uses_is_its_own(self, tmp_path: Path) -> None:
        with pytest.raises(subprocess.CalledProcessError):
            Shop(tmp_path).used("models", "list")
        assert created(tmp_path)["shop"] == NAME
        used = Shop(tmp_path).used("models", "list")
        assert 0 < used.cpu_seconds < 60
        assert 20 < used.peak_mb < 1000


def test_the_brief_settings_leave_nothing_to_choose_and_no_answer_cheaper() -> None:
    brief, usual = TrainingConfiguration.read(BRIEF), TrainingConfiguration()
    assert usual.taste.open
    assert not brief.taste.open
    for name in ("taste", "factors", "content"):
        assert getattr(brief, name).dimensions == getattr(usual, name).dimensions
    trained = {"epochs", "seed"}
    assert brief.sessions.encoder.model_dump(exclude=trained) == usual.sessions.encoder.model_dump(exclude=trained)
    assert brief.sessions.ranker == usual.sessions.ranker


class TestVectors:
    """Vectors of items without a shop."""

    def test_they_are_written_block_by_block_and_are_the_same_for_the_same_seed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(vectors, "AT_ONCE", 300)
        mixture = Mixture.of(1000, dimensions=16)

        mixture.write(tmp_path, 700)

        found = np.load(tmp_path / "vectors.npy")
        again = Mixture.of(1000, dimensions=16)
        np.testing.assert_array_equal(found, np.vstack([again.items(300, 1), again.items(300, 2), again.items(100, 3)]))
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)

    def test_most_items_have_near_ones_and_a_few_families_hold_many(self) -> None:
        mixture = Mixture.of(6000)
        found, sizes = mixture.items(2000, 1), np.sort(np.diff(mixture.chances, prepend=0))[::-1]

        nearest = np.sort(found @ found.T, axis=1)[:, -2]

        assert np.median(nearest) > 0.6
        assert sizes[:10].sum() > 0.2 * sizes.sum()

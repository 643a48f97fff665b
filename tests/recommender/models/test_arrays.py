"""Arrays on disk come back as they were, read whole or mapped."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from recommender.errors import ArtifactError
from recommender.models.arrays import SMALL, laid, load_array, save_arrays

TYPES = st.sampled_from(["f2", "f4", "f8", "i1", "i4", "i8", "u1", "u4", "?"])
SHAPES = array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=9)


@given(array=arrays(TYPES, SHAPES))
def test_small_ones_come_back_as_they_were(array: NDArray[Any]) -> None:
    with TemporaryDirectory() as folder:
        save_arrays(Path(folder), a=array)
        found = load_array(Path(folder), "a")
    assert (found.dtype, found.shape, found.flags.writeable) == (array.dtype, array.shape, False)
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(("size", "mapped"), [(SMALL - 128, False), (SMALL - 127, True)])
def test_what_is_larger_than_small_is_mapped(tmp_path: Path, size: int, mapped: bool) -> None:
    array = np.arange(size, dtype=np.uint8)
    save_arrays(tmp_path, a=array)
    found = load_array(tmp_path, "a")
    assert (isinstance(found.base, np.memmap), found.flags.writeable) == (mapped, False)
    np.testing.assert_array_equal(found, array)


def test_columns_first_is_read_as_it_lies(tmp_path: Path) -> None:
    array = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    np.save(tmp_path / "a.npy", array)
    np.testing.assert_array_equal(load_array(tmp_path, "a"), array)


WHOLE = 128 + 3 * 8


@pytest.mark.parametrize("kept", [0, 5, 9, 60, 127, 128, WHOLE - 1])
def test_a_file_that_was_cut_off_is_refused_by_its_name(tmp_path: Path, kept: int) -> None:
    save_arrays(tmp_path, a=np.arange(3))
    file = tmp_path / "a.npy"
    assert len(file.read_bytes()) == WHOLE
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(ArtifactError, match=r"a\.npy in .* cannot be opened"):
        load_array(tmp_path, "a")


def test_pickled_and_unknown_files_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(ArtifactError, match="pickled"):
        load_array(tmp_path, "a")
    with (tmp_path / "b.npy").open("wb") as file:
        np.lib.format.write_array(file, np.arange(3), version=(2, 0))
    with pytest.raises(ArtifactError, match="version"):
        load_array(tmp_path, "b")
    with pytest.raises(ArtifactError, match=r"c\.npy in"):
        load_array(tmp_path, "c")


def test_parts_are_laid_end_to_end_column_by_column() -> None:
    parts = [(np.array([1, 2]), np.array([0.5, 1.5])), (np.array([3]), np.array([2.5]))]

    whole, halves = laid(iter(parts), np.int32, np.float32)

    assert (whole.dtype, whole.tolist()) == (np.int32, [1, 2, 3])
    assert (halves.dtype, halves.tolist()) == (np.float32, [0.5, 1.5, 2.5])


def test_no_parts_are_empty_columns() -> None:
    assert [(column.dtype, len(column)) for column in laid([], np.int64, np.float32)] == [
        (np.int64, 0),
        (np.float32, 0),
    ]


def test_of_a_mapped_array_that_was_saved_nothing_stays_in_memory(tmp_path: Path) -> None:
    size = 4_000_000
    save_arrays(tmp_path, given=np.arange(size))
    mapped = load_array(tmp_path, "given")
    before = resident(tmp_path / "given.npy")

    save_arrays(tmp_path / "again", given=mapped)

    assert before == 0
    assert resident(tmp_path / "given.npy") < mapped.nbytes / 10
    np.testing.assert_array_equal(load_array(tmp_path / "again", "given"), np.arange(size))


def resident(file: Path) -> int:
    """Bytes of a mapped file that are in this process's memory."""
    lines, found = Path("/proc/self/smaps").read_text().splitlines(), 0
    for place, line in enumerate(lines):
        if line.endswith(str(file)):
            sizes = (one.split() for one in lines[place : place + 20])
            found += next(int(one[1]) * 1024 for one in sizes if one[0] == "Rss:")
    return found

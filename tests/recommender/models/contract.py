"""What every model must do; each model's tests inherit it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender.errors import ArtifactError
from recommender.models import arrays


class ModelContract:
    """Inherit, and give a fixture `model`."""

    def test_loading_gives_back_every_value(self, model: Any, tmp_path: Path) -> None:
        model.save(tmp_path / "m")

        found, expected = _arrays(type(model).load(tmp_path / "m")), _arrays(model)

        assert found.keys() == expected.keys()
        for name in expected:
            np.testing.assert_array_equal(found[name], expected[name], err_msg=name)

    def test_large_arrays_stay_in_their_files(
        self, model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(arrays, "SMALL", 0)
        model.save(tmp_path / "m")

        assert all(_mapped(array) for array in _arrays(type(model).load(tmp_path / "m")).values())

    def test_small_arrays_take_no_descriptor_and_cannot_be_changed_either(self, model: Any, tmp_path: Path) -> None:
        model.save(tmp_path / "m")

        loaded = _arrays(type(model).load(tmp_path / "m")).values()

        assert not any(_mapped(array) for array in loaded)
        assert not any(array.flags.writeable for array in loaded)

    def test_saving_twice_writes_the_same_bytes(self, model: Any, tmp_path: Path) -> None:
        model.save(tmp_path / "first")
        type(model).load(tmp_path / "first").save(tmp_path / "second")

        assert _files(tmp_path / "first") == _files(tmp_path / "second")

    def test_nothing_is_pickled(self, model: Any, tmp_path: Path) -> None:
        model.save(tmp_path / "m")

        assert {Path(name).suffix for name in _files(tmp_path / "m")} <= {".npy", ".json", ".faiss", ".txt"}

    def test_a_missing_file_is_named(self, model: Any, tmp_path: Path) -> None:
        model.save(tmp_path / "m")
        lost = next(iter((tmp_path / "m").rglob("*.npy")))
        lost.unlink()

        with pytest.raises(ArtifactError, match=lost.name):
            type(model).load(tmp_path / "m")

    def test_a_file_cut_short_is_named(self, model: Any, tmp_path: Path) -> None:
        model.save(tmp_path / "m")
        file = next(iter((tmp_path / "m").rglob("*.npy")))
        file.write_bytes(file.read_bytes()[:40])

        with pytest.raises(ArtifactError, match=file.name):
            type(model).load(tmp_path / "m")


def _arrays(model: Any, prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in model.__dataclass_fields__:
        value = getattr(model, name)
        if isinstance(value, np.ndarray):
            found[prefix + name] = value
        elif hasattr(value, "__dataclass_fields__"):
            found |= _arrays(value, f"{name}.")
        elif isinstance(value, dict):
            found |= {f"{name}.{key}": array for key, array in value.items() if isinstance(array, np.ndarray)}
    return found


def _mapped(array: Any) -> bool:
    while isinstance(array, np.ndarray) and not isinstance(array, np.memmap):
        array = array.base
    return isinstance(array, np.memmap)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}

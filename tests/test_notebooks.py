"""The notebooks run from top to bottom, on the demo shop."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "notebooks"


@pytest.mark.slow
@pytest.mark.timeout(600)  # on a busy machine; a cell that hangs is ended as well
@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.ipynb")))
def test_a_notebook_runs_without_an_error(name: str, demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(demo_home))
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    notebook = nbformat.read(FOLDER / name, as_version=4)
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()

"""The command line as its user meets it."""

from pathlib import Path

import pytest

from recommender import command


@pytest.mark.parametrize("arguments", [["shops", "list"], ["import", "events", "x" * 5000, "--shop", "s"]])
def test_what_the_system_refuses_is_one_clear_line(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    if "list" in arguments:
        home.write_text("a file stands where the folder should be")
    monkeypatch.setenv("VITRINE_HOME", str(home))
    monkeypatch.delenv("VITRINE_DATABASE_URL", raising=False)
    monkeypatch.setattr("sys.argv", ["vitrine", *arguments])
    with pytest.raises(SystemExit) as left:
        command.main()
    lines = capsys.readouterr().err.splitlines()
    assert (left.value.code, len(lines), lines[0][:7]) == (1, 1, "Error: ")

import pytest

from training.commands.time_left import time_left


@pytest.mark.parametrize(
    ("elapsed", "done", "said"),
    [
        (60, 0.0, ""),
        (1, 0.01, ""),
        (60, 0.5, "about 1 min left"),
        (60, 0.9, "less than a minute left"),
        (300, 0.25, "about 15 min left"),
        (3600, 0.2, "about 4 h left"),
        (60, 1.0, ""),
    ],
)
def test_the_rest_goes_on_as_fast_as_what_is_done_did(elapsed: float, done: float, said: str) -> None:
    assert time_left(elapsed, done) == said

"""How much longer a training takes, as far as one can tell."""

from rich.progress import ProgressColumn, Task
from rich.text import Text

EARLIEST = 0.02
"""Share that must be done before anything is foretold."""


class TimeLeftColumn(ProgressColumn):
    """Time left if the rest goes on as fast as what is done did; shares of the work are shares of its cost."""

    max_refresh = 1.0

    def render(self, task: Task) -> Text:
        """The column's text for one bar; empty at the beginning and at the end."""
        return Text(time_left(task.elapsed or 0.0, task.percentage / 100))


def time_left(elapsed: float, done: float) -> str:
    """What is to be said of the time left, after so many seconds for this share of the work."""
    if not EARLIEST <= done < 1:
        return ""
    seconds = elapsed * (1 - done) / done
    if seconds < 60:
        return "less than a minute left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 100 else f"about {round(minutes / 60)} h left"

"""Progress bars on stderr, so that stdout stays for results."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn


@dataclass
class Steps:
    """One bar at a time; a new step replaces the one before."""

    bars: Progress

    def show(self, step: str, done: float, total: float) -> None:
        """Show how much of a step is done; the step before it, if any, is finished."""
        for task in self.bars.tasks:
            if task.description == step:
                self.bars.update(task.id, completed=done, total=total)
                return
        for task in list(self.bars.tasks):
            self.bars.remove_task(task.id)
        self.bars.update(self.bars.add_task(step, total=total), completed=done)


@contextmanager
def steps() -> Iterator[Steps]:
    """Bars that vanish at the end; nothing is shown when stderr is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        yield Steps(bars)

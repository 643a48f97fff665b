"""What the parts of a run share: how much is measured, shops that are ready, and room for files."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.speed import calls
from tests.benchmarks.speed.questions import Questions
from tests.benchmarks.synthetic.files import Size, write
from tests.benchmarks.synthetic.home import BRIEF, prepare, ready
from tests.benchmarks.synthetic.street import House, street


@dataclass(frozen=True)
class Effort:
    """How large the shops are, and how long everything is measured."""

    usual: Size
    large: Size
    seconds: float
    """Of one round."""
    rounds: int
    connections: int
    """Of a closed loop on one worker."""
    event_connections: int
    """Of batches of events: as many as may share a commit."""
    rates: tuple[int, ...]
    """Of the open loop on the large shop, pages a second."""
    swap_rate: int
    """Pages a second during swaps, unless the machine is too slow for it."""
    swaps: int
    starts: int
    asked: int
    """Pages that the engine is asked for without a server."""
    shops: int
    """Small shops in one process."""
    shop_sizes: tuple[int, ...]
    """Items of those that are trained; the others are copies of them."""
    small: Size
    """The smallest of the shops whose costs are compared with what is foretold."""
    indexed: tuple[int, ...]
    """Items of the indexes that are asked without a shop."""
    large_config: Path | None = None
    """Settings for training the large shop."""


FULL = Effort(
    usual=Size(100_000, 2_000_000),
    large=Size(1_000_000, 3_000_000),
    seconds=10,
    rounds=5,
    connections=8,
    event_connections=32,
    rates=(100, 200, 400, 600, 1000),
    swap_rate=100,
    swaps=4,
    starts=3,
    asked=3000,
    shops=2000,
    shop_sizes=(100, 200, 300),
    small=Size(10_000, 500_000),
    indexed=(100_000, 1_000_000, 3_000_000),
    large_config=BRIEF,
)
QUICK = Effort(
    usual=Size(300, 3_000),
    large=Size(300, 3_000),
    seconds=1,
    rounds=2,
    connections=2,
    event_connections=4,
    rates=(20,),
    swap_rate=20,
    swaps=2,
    starts=1,
    asked=20,
    shops=12,
    shop_sizes=(100,),
    small=Size(300, 3_000),
    indexed=(2_000,),
)


@dataclass(frozen=True)
class Home:
    """A shop that is ready to be served."""

    path: Path
    size: Size
    card: dict[str, Any]
    questions: Questions = field(repr=False)

    @property
    def secret_key(self) -> str:
        """Of the shop's server."""
        return str(self.card["keys"]["secret_key"])


@dataclass(frozen=True)
class Bench:
    """One run."""

    effort: Effort
    homes: Path
    """Folder of the shops; those that are there are used again."""
    scratch: Path
    """Folder of files that nobody needs afterwards."""
    given: dict[Size, Path] = field(default_factory=dict)
    """Homes that are somewhere else."""
    costs: Path | None = None
    """Where what capacity is made of is written."""

    def small(self) -> Home:
        """The smallest shop."""
        return self._home(self.effort.small, self.effort.large_config)

    def usual(self) -> Home:
        """The shop of most parts."""
        return self._home(self.effort.usual)

    def large(self) -> Home:
        """The shop of the parts that are about size."""
        return self._home(self.effort.large, self.effort.large_config)

    @property
    def patterns(self) -> Path:
        """Folder of the small shops that are trained."""
        return self.homes / "patterns"

    def street(self, shops: int) -> tuple[Path, list[House]]:
        """A home with so many small shops."""
        home = self.homes / f"{shops}-shops"
        return home, street(home, shops, self.effort.shop_sizes, self.patterns)

    def calls(self, name: str, messages: Iterable[bytes]) -> Path:
        """A file of calls."""
        return calls.write(self.scratch / f"{name}.calls", messages)

    def _home(self, size: Size, config: Path | None = None) -> Home:
        """The shop of this size, made first where it is missing."""
        path = self.given.get(size, self.homes / f"{size.items}-items-{size.events}-events-seed-{size.seed}")
        if ready(path) is None:
            write(path / "files", size)
        card = prepare(path, path / "files", size, config)
        return Home(path, size, card, Questions(size, card["keys"]["public_key"]))

"""Two strategies in one list, as the service logs it and the report reads it: beside two groups of as many visitors."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import orjson
import polars as pl

from recommender.experiments import sequential
from recommender.experiments.difference import Metric, difference
from recommender.experiments.interleaving import interleave
from recommender.experiments.moments import Moments
from recommender.tokens import Attribution, sign
from tests.proofs.learned import START, frame
from training.measuring.interleaved import interleaved

LIKES = np.array([0.02, 0.02, 0.05, 0.02, 0.04, 0.02, 0.02, 0.02])
"""How often each item is clicked where it is shown."""
LISTS = ((0, 1, 2, 3, 4, 5), (2, 4, 0, 1, 3, 5))
"""Orders of two strategies: the second one begins with what is liked."""
NOBODY = pl.Series([], dtype=pl.String)


def told(visitors: int, lists: tuple[tuple[int, ...], tuple[int, ...]], seed: int) -> str | None:
    """What the report says is preferred, of so many visitors with one page each."""
    draw, rows = np.random.default_rng(seed), []
    for place in range(visitors):
        who, at = f"v{place}", START + timedelta(seconds=place)
        merged = interleave(*lists, 4, draw)
        sides = {name: [str(i) for i, by in zip(merged.items, merged.teams, strict=True) if by == team]
                 for team, name in enumerate(("first", "second"))}  # fmt: skip
        both = {"experiment": "both", "placement": "pdp", "variants": ["old", "new"], **sides}
        extra = {"request_id": who, "interleaved": [both]}
        rows.append((f"p-{who}", "showcases_offered", at, who, None, orjson.dumps(extra).decode(), None, None))
        for item in merged.items:
            if draw.random() < LIKES[item]:
                token = sign(Attribution("shop", "pdp", "similar", "1", request_id=who), "key")
                rows.append((f"c-{who}-{item}", "select_item", at, who, None, None, str(item), token))
    (found,) = interleaved(frame(rows).lazy(), NOBODY)
    return found.preferred


def in_groups(visitors: int, seed: int) -> bool:
    """Whether two groups of half as many visitors each tell the same lists apart by their clicks."""
    draw = np.random.default_rng(seed)
    groups = [
        Moments.of({"clicks": (draw.random((visitors // 2, 4)) < LIKES[[*one[:4]]]).sum(axis=1)}) for one in LISTS
    ]
    effect = difference(*groups, Metric("clicks")).absolute
    return sequential.interval(effect, visitors, visitors).low > 0


def prove(tests: int, visitors: int, seed: int) -> Iterator[str]:
    """One list tells sooner which of two strategies is better than two groups, and does not invent a difference."""
    better = np.mean([told(visitors, LISTS, seed + test) == "new" for test in range(tests)])
    equal = np.mean([told(visitors, (LISTS[0], LISTS[0]), seed + test) is not None for test in range(tests)])
    groups = np.mean([in_groups(visitors, seed + test) for test in range(tests)])
    yield (
        f"two strategies in one list, {visitors:,} visitors, {tests} seeds: the better one told by the report in "
        f"{better:.0%}, by two groups as large in {groups:.0%}; of equal ones told apart {equal:.0%}"
    )
    assert better > groups + 0.2
    assert equal <= 0.05 + 3 * (0.05 / tests) ** 0.5

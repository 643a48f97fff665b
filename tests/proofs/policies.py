"""Policies judged from logs, arms that learn, and offers that pay: against simulations whose truth is known."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.bootstrap import bootstrap_interval
from recommender.experiments import gate, gate_trial, thompson
from recommender.experiments.difference import Metric, difference
from recommender.experiments.estimators import Evaluation, Logged, evaluate
from recommender.experiments.expectations import Expectations
from recommender.experiments.interleaving import interleave
from recommender.experiments.moments import Moments
from recommender.experiments.overlap import Refusal
from recommender.experiments.policies import ItemLog, ItemPolicy, evaluate_items
from recommender.experiments.preference import preference
from recommender.models.uplift import Learner, UpliftConfig, UpliftModel
from tests.proofs import carousels, learned, offers

Values = NDArray[np.float64]

KINDS, ACTIONS = 5, 10
RATES = (0.03, 0.04, 0.05, 0.08)
"""Conversion by variant of a campaign."""
MARGIN, DISCOUNT = 20.0, 4.0


def prove(seed: int, data: Path | None) -> Iterator[str]:
    """Everything; what needs the Open Bandit data is told to be missing without them."""
    for lines, nearness in ((1_000, 0.7), (1_000, 0.0), (10_000, 0.7), (10_000, 0.0)):
        for name, (bias, error, spread, held) in off_policy(500, lines, nearness, seed).items():
            yield (
                f"off-policy, {lines:,} lines, {'near' if nearness else 'far'} policy, {name}: "
                f"bias {bias:+.2%} ± {1.96 * error:.2%} of the truth, spread {spread:.1%}, covered {held:.1%}"
            )
            assert abs(bias) < 3.3 * error + (0.02 if name == "SNIPS" else 0), name
            assert 0.92 <= held <= 0.975, name
    if data is None:
        yield "Open Bandit data: not measured, name their folder with --data"
    else:
        for shop in ("men", "women"):
            yield from bandit(data / "obd", shop, seed)
    yield from interleaved(400, 1_000, seed)
    yield from carousels.prove(60, 3_000, seed)
    yield from regret(100, 200, 1_000, seed)
    yield from learned.prove(5, 21, 2_000, seed)
    for learner in Learner:
        yield from uplift(60_000, learner, seed)
    yield from offers.prove(10, 20_000, seed)


def off_policy(tests: int, lines: int, nearness: float, seed: int) -> dict[str, tuple[float, float, float, float]]:
    """Bias with its error and the spread, as shares of the truth, and how often the interval holds it.

    Args:
        tests: how many logs are drawn.
        lines: of each.
        nearness: share of the log's policy in the one that is judged.
        seed: of everything.
    """
    draw = np.random.default_rng(seed)
    rates = draw.beta(2, 18, (KINDS, ACTIONS))
    logging, other = (_softmax(draw.normal(0, 0.8, (KINDS, ACTIONS))) for _ in range(2))
    policy = nearness * logging + (1 - nearness) * other
    truth = float((policy * rates).sum(axis=1).mean())
    found: dict[str, list[tuple[float, bool]]] = {"IPS": [], "SNIPS": [], "DR": []}
    for test in range(tests):
        kinds = draw.integers(KINDS, size=lines)
        actions = (draw.random(lines)[:, None] > np.cumsum(logging, axis=1)[kinds]).sum(axis=1).clip(max=ACTIONS - 1)
        rewards = (draw.random(lines) < rates[kinds, actions]).astype(np.float64)
        cells = kinds * ACTIONS + actions
        model = Expectations.fit(rewards, cells, size=KINDS * ACTIONS, seed=test)
        expected = model.of_policy(kinds[:, None] * ACTIONS + np.arange(ACTIONS), policy[kinds])
        logged = Logged(rewards, logging[kinds, actions], policy[kinds, actions], model.of_logged(cells), expected)
        told = evaluate(logged, seed=test, rounds=400)
        assert isinstance(told, Evaluation)
        for name, one in (("IPS", told.ips), ("SNIPS", told.snips), ("DR", told.dr)):
            assert one is not None
            found[name].append((one.value / truth - 1, one.interval.low <= truth <= one.interval.high))
    return {
        name: (
            float(np.mean([value for value, _ in told])),
            float(np.std([value for value, _ in told]) / tests**0.5),
            float(np.std([value for value, _ in told])),
            float(np.mean([held for _, held in told])),
        )
        for name, told in found.items()
    }


def _softmax(values: Values) -> Values:
    weights: Values = np.exp(values)
    return weights / weights.sum(axis=1, keepdims=True)


def bandit(folder: Path, shop: str, seed: int) -> Iterator[str]:
    """What the random log says of the Thompson policy, beside what that earned; then policies beyond the logs."""
    logs = {kind: _log(folder / kind / shop / f"{shop}.csv.gz") for kind in ("random", "bts")}
    shape = (3, int(max(log.items.max() for log in logs.values())) + 1)
    policy = ItemPolicy.empirical(logs["bts"].items, logs["bts"].positions, shape=shape)
    found = evaluate_items(logs["random"], policy, seed=seed)
    assert isinstance(found, Evaluation)
    assert found.dr is not None
    own = bootstrap_interval(logs["bts"].rewards, seed=seed)
    yield f"Open Bandit, {shop}: Thompson on itself {logs['bts'].rewards.mean():.4f} [{own[0]:.4f}, {own[1]:.4f}]"
    told = {"random on itself": found.logged, "IPS": found.ips, "SNIPS": found.snips, "DR": found.dr}
    for name, (value, (low, high)) in told.items():
        yield f"Open Bandit, {shop}: {name} {value:.4f} [{low:.4f}, {high:.4f}]"
        if name != "random on itself":
            assert low <= own[1], "the intervals meet"
            assert own[0] <= high, "the intervals meet"
    yield f"Open Bandit, {shop}: {found.overlap}"
    new = np.zeros((3, shape[1] + 1))
    new[:, -1] = 1.0
    for name, log, beyond in (
        ("a new item everywhere, from the random log", logs["random"], ItemPolicy(new)),
        ("every item as often, from the Thompson log", logs["bts"], ItemPolicy.uniform(*shape)),
    ):
        refusal = evaluate_items(log, beyond, seed=seed)
        said = refusal.why if isinstance(refusal, Refusal) else f"not refused: {refusal}"
        yield f"Open Bandit, {shop}: {name}: {said}"
        assert isinstance(refusal, Refusal), name


def _log(path: Path) -> ItemLog:
    rows = pl.read_csv(path, columns=["item_id", "position", "click", "propensity_score"])
    items, positions, clicks, chances = (
        rows[name].to_numpy() for name in ("item_id", "position", "click", "propensity_score")
    )
    return ItemLog(items, positions - 1, chances.astype(np.float64), clicks.astype(np.float64))


def interleaved(tests: int, visitors: int, seed: int) -> Iterator[str]:
    """A better order is seen by interleaving where two groups of as many visitors do not see it."""
    draw, seen = np.random.default_rng(seed), {"interleaved": 0, "two groups": 0, "interleaved, equal lists": 0}
    likes = np.array([0.02, 0.02, 0.05, 0.02, 0.04, 0.02, 0.02, 0.02])
    lists = ([0, 1, 2, 3, 4, 5], [2, 4, 0, 1, 3, 5])
    for _ in range(tests):
        for name, pair in (("interleaved", lists), ("interleaved, equal lists", (lists[0], lists[0]))):
            shown = [interleave(*pair, 4, draw) for _ in range(visitors)]
            clicks = draw.random((visitors, 4)) < likes[[[*one.items] for one in shown]]
            sides = np.array([one.teams for one in shown])
            won = zip((clicks & (sides == 0)).sum(axis=1), (clicks & (sides == 1)).sum(axis=1), strict=True)
            seen[name] += preference(won).effect.p_value() <= 0.05
        groups = [
            Moments.of({"clicks": (draw.random((visitors // 2, 4)) < likes[one[:4]]).sum(axis=1)}) for one in lists
        ]
        seen["two groups"] += difference(*groups, Metric("clicks")).absolute.p_value() <= 0.05
    for name, count in seen.items():
        yield f"a better order of two strategies, {visitors:,} visitors, {name}: told apart in {count / tests:.1%}"
    assert seen["interleaved"] > seen["two groups"]
    assert seen["interleaved, equal lists"] <= tests * 0.05 + 3 * (tests * 0.05) ** 0.5


Choose = Callable[[Values, Values], Values]
"""Weights of the arms by successes and trials, seeds by arms."""


def thompson_weights(successes: Values, trials: Values) -> Values:
    """As the product learns, with no floor."""
    return thompson.floored(thompson.beta_chances(successes, trials), 0.0)


def floored_weights(successes: Values, trials: Values) -> Values:
    """As the product learns, with its floor."""
    return thompson.floored(thompson.beta_chances(successes, trials), thompson.FLOOR)


def greedy_weights(successes: Values, trials: Values) -> Values:
    """The best so far, and a tenth for all."""
    means = np.where(trials > 0, successes / np.maximum(trials, 1), 1.0)
    best = np.arange(means.shape[1]) == means.argmax(axis=1)[:, None]
    return 0.9 * best + 0.1 / means.shape[1]


def uniform_weights(successes: Values, _: Values) -> Values:
    """All alike."""
    return np.full(successes.shape, 1 / successes.shape[1])


def regrets(choose: Choose, seeds: int, periods: int, visitors: int, seed: int) -> Values:
    """Sales lost against the best arm, seeds by periods, added up; weights are learned once a period."""
    rates, draw = np.array(RATES), np.random.default_rng(seed)
    successes, trials = np.zeros((seeds, len(rates))), np.zeros((seeds, len(rates)))
    lost = np.zeros((seeds, periods))
    for period in range(periods):
        weights = choose(successes, trials)
        shown = np.array([draw.multinomial(visitors, row / row.sum()) for row in weights])
        successes, trials = successes + draw.binomial(shown, rates), trials + shown
        lost[:, period] = shown @ (rates.max() - rates)
    return np.cumsum(lost, axis=1)


def regret(seeds: int, periods: int, visitors: int, seed: int) -> Iterator[str]:
    """Regret grows like log t, and stays below the others'."""
    ways = {
        "Thompson": thompson_weights,
        "Thompson with floor": floored_weights,
        "epsilon-greedy": greedy_weights,
        "uniform": uniform_weights,
    }
    curves = {name: regrets(way, seeds, periods, visitors, seed) for name, way in ways.items()}
    marks = [periods // 32, periods // 16, periods // 8, periods // 4, periods // 2, periods]
    for name, curve in curves.items():
        told = ", ".join(f"{visitors * mark:,}: {curve[:, mark - 1].mean():.1f}" for mark in marks)
        low, high = bootstrap_interval(curve[:, -1], seed=seed)
        yield f"regret over {seeds} seeds, {name}: after {told} [{low:.1f}, {high:.1f}]"
    for name in ("epsilon-greedy", "uniform"):
        low, high = bootstrap_interval(curves[name][:, -1] - curves["Thompson"][:, -1], seed=seed)
        yield f"regret beyond Thompson's, {name}: [{low:.1f}, {high:.1f}]"
        assert low > 0
    low, high = bootstrap_interval(curves["epsilon-greedy"][:, -1] - curves["Thompson with floor"][:, -1], seed=seed)
    yield f"regret beyond Thompson's with floor, epsilon-greedy: [{low:.1f}, {high:.1f}]"
    assert low > 0
    steps = doublings(curves["Thompson"], marks)
    best = max(RATES)
    bound = sum((best - rate) / _divergence(rate, best) for rate in RATES if rate < best) * np.log(2)
    told = ", ".join(f"{step:.1f}" for step in steps)
    yield f"Thompson's regret by doubling of time: {told}; Lai and Robbins' bound {bound:.1f}"
    # Linear growth would double with each; logarithmic growth stays.
    assert steps[-1] < 1.5 * steps[0]


def doublings(curve: Values, marks: Sequence[int]) -> list[float]:
    """Mean regret between one mark and the next."""
    at = [float(curve[:, mark - 1].mean()) for mark in marks]
    return [after - before for before, after in pairwise(at)]


def _divergence(one: float, other: float) -> float:
    return float(one * np.log(one / other) + (1 - one) * np.log((1 - one) / (1 - other)))


@dataclass(frozen=True)
class Shop:
    """Visitors whose chances of buying are known."""

    features: Values
    without: Values
    offered: Values

    @classmethod
    def of(cls, visitors: int, seed: int) -> "Shop":
        """Some buy anyway, some are persuaded, most do not care; three features tell it, and three tell nothing."""
        draw = np.random.default_rng(seed)
        features = draw.normal(size=(visitors, 6))
        without = 1 / (1 + np.exp(2.2 - 1.2 * features[:, 0] - 0.4 * features[:, 1]))
        moved = 0.25 / (1 + np.exp(-2.5 * (features[:, 2] - 0.6) + 1.0 * features[:, 0]))
        return cls(features, without, np.clip(without + moved, 0, 1))

    def profit(self, offer: NDArray[np.bool_]) -> float:
        """Expected, for each visitor."""
        return float(np.where(offer, self.offered * (MARGIN - DISCOUNT), self.without * MARGIN).mean())


def uplift(visitors: int, learner: Learner, seed: int) -> Iterator[str]:
    """The gate earns more than offering to everybody and to nobody, and opens only where its holdout shows it."""
    past, own, future = (Shop.of(visitors, seed + part) for part in range(3))
    draw = np.random.default_rng(seed)
    offered = draw.random((2, visitors)) < 0.5
    bought = draw.random((2, visitors)) < [
        np.where(given, shop.offered, shop.without) for given, shop in zip(offered, (past, own), strict=True)
    ]
    model = UpliftModel.fit(past.features, offered[0], bought[0], UpliftConfig(learner=learner))
    found = gate_trial.trial(
        model.chances(own.features), offered[1], bought[1], margin=MARGIN, discount=DISCOUNT, propensity=0.5
    )
    opened = gate.gains(model.chances(future.features), MARGIN, DISCOUNT) > 0
    best = future.profit((future.offered - future.without) * MARGIN > future.offered * DISCOUNT)
    never, always, gated = (
        future.profit(~np.ones_like(opened)),
        future.profit(np.ones_like(opened)),
        future.profit(opened),
    )
    yield (
        f"uplift, {learner}-learner: profit a visitor {gated:.4f} with the gate ({opened.mean():.0%} offered), "
        f"{never:.4f} without offers, {always:.4f} with all, {best:.4f} if effects were known"
    )
    truth = own.profit(gate.gains(model.chances(own.features), MARGIN, DISCOUNT) > 0) - own.profit(
        np.zeros(visitors, bool)
    )
    over_never, over_always = found.intervals()
    yield (
        f"uplift, {learner}-learner: its holdout tells {found.over_never.value:+.4f} "
        f"[{over_never.low:+.4f}, {over_never.high:+.4f}] over never (true {truth:+.4f}), "
        f"{found.over_always.value:+.4f} [{over_always.low:+.4f}, {over_always.high:+.4f}] over always"
    )
    assert gated > max(never, always)
    assert found.proven()

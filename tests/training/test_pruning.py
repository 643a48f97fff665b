from training.pruning import STARTUP_PORTIONS, behind


def by_portion(*values: float) -> dict[int, float]:
    return dict(enumerate(values))


BEST = by_portion(*[1.0, 1.2] * 5)


def test_what_loses_every_portion_is_given_up() -> None:
    assert behind(by_portion(*[0.8, 1.1] * 5), BEST)


def test_a_small_loss_among_large_differences_is_no_reason() -> None:
    # Lost 0.4 and won 0.3 in turn: 0.05 on average, with a standard error of 0.117.
    assert not behind(by_portion(*[0.6, 1.5] * 5), BEST)


def test_what_leads_or_is_equal_goes_on() -> None:
    assert not behind(by_portion(*[1.1, 1.3] * 5), BEST)
    assert not behind(BEST, BEST)


def test_nothing_is_given_up_before_it_had_a_chance() -> None:
    assert not behind(by_portion(*[0.0] * (STARTUP_PORTIONS - 1)), BEST)
    assert behind(by_portion(*[0.0] * STARTUP_PORTIONS), BEST)

import pytest

from bench.claims import Round, claim_from


def judged(*rounds: Round, goal: float = 4, at_most: bool = False):
    return claim_from(rounds, claim="faster", unit="transfers/s", goal=goal, against="theirs", at_most=at_most)


def test_one_disturbed_round_does_not_decide() -> None:
    claim = judged(Round(2000, 400), Round(2000, 400), Round(100, 400))

    assert claim.ratio == 5
    assert claim.holds
    assert claim.spread == (0.25, 5)
    assert (claim.ours, claim.theirs) == (2000, 400)


@pytest.mark.parametrize(("ours", "holds"), [(1600, True), (1599, True), (1500, False)])
def test_a_claim_holds_from_its_goal_on(ours: float, holds: bool) -> None:
    """A ratio is told with two decimals, and judged as it is told."""
    assert judged(Round(ours, 400)).holds is holds


@pytest.mark.parametrize(("ours", "holds"), [(100, True), (101, True), (110, False)])
def test_a_cost_may_not_exceed_its_goal(ours: float, holds: bool) -> None:
    assert judged(Round(ours, 400), goal=0.25, at_most=True).holds is holds

import json
from pathlib import Path

import pytest

from bench.claims import Round, claim_from, write_claims


def test_one_disturbed_round_does_not_decide() -> None:
    judged = claim_from([Round(2000, 400), Round(2000, 400), Round(100, 400)], claim="faster", goal=4, against="theirs")

    assert judged.ratio == 5
    assert judged.holds
    assert judged.spread == (0.25, 5)


@pytest.mark.parametrize(("ours", "holds"), [(1600, True), (1599, True), (1500, False)])
def test_a_claim_holds_from_its_goal_on(ours: float, holds: bool) -> None:
    """A ratio is told with two decimals, and judged as it is told."""
    assert claim_from([Round(ours, 400)], claim="faster", goal=4, against="theirs").holds is holds


@pytest.mark.parametrize(("ours", "holds"), [(100, True), (101, True), (110, False)])
def test_a_cost_may_not_exceed_its_goal(ours: float, holds: bool) -> None:
    judged = claim_from([Round(ours, 400)], claim="cheaper", goal=0.25, against="theirs", at_most=True)

    assert judged.holds is holds


def test_claims_are_written_as_a_list(tmp_path: Path) -> None:
    path = tmp_path / "bench" / "ledger.json"

    write_claims(path, [claim_from([Round(2000, 400)], claim="faster", goal=4, against="theirs")])

    assert json.loads(path.read_text()) == [
        {
            "claim": "faster",
            "ratio": 5.0,
            "goal": 4,
            "at_most": False,
            "holds": True,
            "rounds": [{"ours": 2000, "theirs": 400}],
            "spread": [5.0, 5.0],
            "against": "theirs",
        }
    ]

"""What the drills of clients and of reports take for wrong."""

from __future__ import annotations

import pytest

from tests.drills.frame import wrong_with_pace
from tests.drills.freeze_writer import FreezeWriter
from tests.drills.impact import Impact
from tests.drills.kill_writer import KillWriter
from tests.drills.report_under_load import slower
from tests.drills.vanishing_clients import Kept


def felt(before: float | None, during: float | None, recovery: float | None = None) -> Impact:
    return Impact(before, during, None, answers_5xx=0, recovery_seconds=recovery)


@pytest.mark.parametrize(("recovery", "told"), [(5.1, "after 5.1 s"), (None, "never")])
def test_accepting_must_be_back_in_time_after_a_kill_of_the_writer(recovery: float | None, told: str) -> None:
    found = wrong_with_pace(felt(20.0, 249.0, recovery), KillWriter())

    assert found == [f"accepting was back at 0.95 of its pace {told}, allowed are 5 s"]
    assert wrong_with_pace(felt(20.0, 249.0, 5.0), KillWriter()) == []


def test_of_other_faults_no_pace_is_promised() -> None:
    assert wrong_with_pace(felt(20.0, 249.0, None), FreezeWriter()) == []


@pytest.mark.parametrize(("before", "during"), [(20.0, 249.0), (400.0, 600.0)])
def test_reports_may_cost_payments_what_is_promised_or_half_as_much_again(before: float, during: float) -> None:
    assert slower(felt(before, during)) == []


def test_payments_that_take_longer_beside_reports_are_found() -> None:
    assert slower(felt(20.0, 251.0)) == ["the p99 of payments was 251 ms beside reports, and 20 ms without"]


def test_without_payments_nothing_is_proven_of_them() -> None:
    assert slower(felt(None, 20.0)) == ["too few payments to tell how long they took"]


def test_a_payment_that_nobody_waited_for_has_one_effect() -> None:
    assert Kept(keys=3, told=3, posted=3).findings() == []
    assert Kept(keys=3, told=3, posted=4).findings() == ["4 payments were posted for 3 keys"]
    assert Kept(keys=3, told=2, posted=3).findings() == ["1 payments were not told to who asked again"]

"""The reporter's jobs and the alert on jobs that fail: one that succeeds at its period must never be called failing."""

import re

import pytest
import yaml
from annotated_types import Le

from analytics_service.job_runner import KEEP_SECONDS, TAKE_SECONDS
from analytics_service.settings import ReporterSettings
from analytics_service.use_cases.job_upkeep import JobUpkeep
from analytics_service.use_cases.run_schedules import RunSchedules, TellOfScheduled
from analytics_service.use_cases.watch_risk import RiskWatch
from stack.layout import ROOT

RULES = ROOT / "monitoring" / "prometheus" / "rules" / "monitoring.yml"
AGE = re.compile(r"time\(\) - job_last_success_timestamp_seconds > (\d+)")
FIXED = {
    "jobs_taken": TAKE_SECONDS,
    "jobs_kept": KEEP_SECONDS,
    **{job.name: job.period_seconds for job in (JobUpkeep, RunSchedules, TellOfScheduled, RiskWatch)},
}


def age_that_alerts() -> int:
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    (expression,) = [rule["expr"] for rule in rules if rule.get("alert") == "MonitoringJobFailing"]
    found = AGE.fullmatch(expression)
    assert found, expression
    return int(found[1])


def longest_reconciliation_period() -> float:
    (most,) = [
        bound.le
        for bound in ReporterSettings.model_fields["reconciliation_period_seconds"].metadata
        if isinstance(bound, Le)
    ]
    return float(str(most))


@pytest.mark.parametrize("job", [*FIXED, "reconciliation"])
def test_a_period_is_at_most_half_the_age_that_alerts(job: str) -> None:
    period = FIXED[job] if job in FIXED else longest_reconciliation_period()
    assert 2 * period <= age_that_alerts()

"""Report jobs: how many there are, how long they wait and take, and how they end."""

from __future__ import annotations

from monitoring.grafana.panels import NONE, Panel, Query, graph
from monitoring.grafana.pipeline import WINDOW


def jobs() -> list[Panel]:
    """What the reporters are at."""
    return [
        graph(
            140,
            "Waiting and at work",
            "Good: queued near 0. At work stands at its most while a backlog is worked off.",
            "none",
            Query('max by (state) (analytics_jobs{state=~"queued|running"})', "{{state}}"),
            Query("sum(analytics_jobs_at_work)", "at work"),
        ),
        graph(
            141,
            "Longest wait of what is queued now",
            "Good: seconds. It tickets above ten minutes.",
            "s",
            Query("max(analytics_jobs_oldest_queued_seconds)", "longest"),
            steps=((None, "green"), (600, "red")),
        ),
        graph(
            142,
            "Ended",
            "Good: done. A few failed ones may be their orders' fault; stopped were called off; put_back come again.",
            "ops",
            Query(f"sum by (outcome) (rate(analytics_jobs_ended_total[{WINDOW}]))", "{{outcome}}"),
        ),
        graph(
            143,
            "Time of a job, and until its first turn, 95 %",
            "Good: seconds of both; minutes on a large lake.",
            "s",
            Query(
                f"histogram_quantile(0.95, sum by (le) (rate(analytics_job_duration_seconds_bucket[{WINDOW}])))", "made"
            ),
            Query(
                f"histogram_quantile(0.95, sum by (le) (rate(analytics_job_wait_seconds_bucket[{WINDOW}])))", "waited"
            ),
        ),
        graph(
            144,
            "Taken up again",
            "Good: 0. Each was begun by a reporter that died over it, or met a store that was away.",
            "none",
            Query(f"sum(increase(analytics_jobs_taken_again_total[{WINDOW}]))", "taken again"),
            steps=NONE,
        ),
        graph(
            145,
            "Ordered by schedules, and told",
            "Good: told as ordered, a moment later; put_off only while notifications are away; refused never.",
            "none",
            Query(f"sum(increase(analytics_scheduled_jobs_total[{WINDOW}]))", "ordered"),
            Query(f"sum by (outcome) (increase(analytics_report_notices_total[{WINDOW}]))", "{{outcome}}"),
        ),
    ]

"""The way of a transfer from left to right: how long each hop takes, and what waits before it."""

from __future__ import annotations

from monitoring.grafana.panels import NONE, Panel, Query, Steps, figure, graph, within
from monitoring.grafana.promises import REQUESTS

WINDOW = "$__rate_interval"
PUBLISHED = "relay_commit_to_published_seconds"
NOTIFIED = "notification_commit_to_notified_seconds"
IN_LAKE = "lake_commit_to_report_seconds"


def quantile(share: float, histogram: str, selector: str = "") -> str:
    """The quantile of a histogram's recent observations, in seconds."""
    matchers = f"{{{selector}}}" if selector else ""
    return f"histogram_quantile({share}, sum by (le) (rate({histogram}_bucket{matchers}[{WINDOW}])))"


def delays() -> list[Panel]:
    """One figure a hop; the last two are taken side by side, both from Kafka."""
    return [
        _hop(
            20,
            "1 · Answered",
            "From the request to its answer. Good: 99 % within 250 ms.",
            "flask_http_request_duration_seconds",
            within(0.25),
            REQUESTS,
        ),
        _hop(
            21,
            "2 · Committed",
            "From a batch's start to its durable commit in MongoDB. Good: some tens of milliseconds.",
            "ledger_posting_duration_seconds",
            within(0.1),
        ),
        _hop(
            22, "3 · Published", "From the decision to Kafka's acknowledgement. Good: below 1 s.", PUBLISHED, within(1)
        ),
        _hop(
            23,
            "4 · In the inbox",
            "From the decision to the stored notification. Good: 99 % within 5 s.",
            NOTIFIED,
            within(5),
        ),
        _hop(
            24,
            "5 · In the reports",
            "From the decision to the lake. Good: 99 % within 10 s.",
            IN_LAKE,
            within(10),
            width=8,
        ),
    ]


def flow() -> list[Panel]:
    """How much flows, how late, and what is stuck."""
    return [
        graph(
            25,
            "Flow",
            "Good: the lines go together. A transfer is one record, two notifications and one row.",
            "ops",
            Query(f"sum(rate(ledger_transfers_total[{WINDOW}]))", "decided"),
            Query(f"sum(rate({PUBLISHED}_count[{WINDOW}]))", "published"),
            Query(f"sum(rate(notification_created_total[{WINDOW}]))", "notifications"),
            Query(f"sum(rate(lake_rows_ingested_total[{WINDOW}]))", "rows in the lake"),
        ),
        graph(
            26,
            "Delay since the decision, 99 %",
            "Good: published below 1 s, notified below 5 s, in the reports below 10 s. A point is a trace.",
            "s",
            Query(quantile(0.99, PUBLISHED), "published"),
            Query(quantile(0.99, NOTIFIED), "in the inbox"),
            Query(quantile(0.99, IN_LAKE), "in the reports"),
        ),
        graph(
            27,
            "Age of the oldest that waits",
            "Good: near 0. It pages above 10 s for a consumer, and above 15 s for a new user; letters may take 30 s.",
            "s",
            Query("max by (group, topic) (kafka_consumer_lag_seconds)", "{{group}} ({{topic}})"),
            Query("max(relay_lag_seconds)", "journal to topic"),
            Query("max(auth_outbox_oldest_age_seconds)", "new users to topic"),
            Query("max(auth_mail_oldest_age_seconds)", "letters to people"),
            Query("max(ledger_due_transfers_overdue_seconds)", "transfers that are due"),
            steps=((None, "green"), (10, "red")),
        ),
        graph(
            28,
            "How many wait",
            "Good: near 0, or falling after a burst.",
            "none",
            Query("max(relay_lag_positions)", "journal to topic"),
            Query("max by (group, topic) (kafka_consumer_lag_messages)", "{{group}} ({{topic}})"),
            Query("max(ledger_queue_depth)", "in the ledger's queue"),
        ),
        graph(
            29,
            "Positions",
            "Good: the lines are one. The journal's last position, and how far each stage has come.",
            "none",
            Query("max(relay_journal_head_position)", "journal"),
            Query("max(relay_cursor_position)", "published"),
            Query("max(lake_complete_upto_position)", "in the lake, complete"),
            floor=None,
        ),
        graph(
            30,
            "Age of what the reports show",
            "Good: seconds while people send; without traffic it grows, since there is nothing newer to show.",
            "s",
            Query("time() - max(lake_watermark_timestamp_seconds > 0)", "newest row that all before it have joined"),
        ),
    ]


def consumers() -> list[Panel]:
    """Who reads from Kafka, and what went wrong with a message."""
    by_group = "by (messaging_consumer_group_name)"
    group = "{{messaging_consumer_group_name}}"
    return [
        graph(
            31,
            "Members of the groups",
            "Good: 1 or more each. With 0 nobody reads.",
            "none",
            Query("max by (group) (kafka_consumer_group_members)", "{{group}}"),
        ),
        graph(
            32,
            "Consumers that stand",
            "Good: 0. Halted: most messages went to the dead letters. Waiting: something it needs is away. "
            "Without progress: seconds since the last commit or the last empty poll.",
            "none",
            Query(f"max {by_group} (messaging_consumer_halted)", f"{group} halted"),
            Query(f"max {by_group} (messaging_consumer_dependency_down)", f"{group} waiting"),
            Query(
                f"time() - max {by_group} (messaging_consumer_last_progress_timestamp_seconds > 0)",
                f"{group} without progress",
            ),
        ),
        graph(
            33,
            "Messages that went astray",
            "Good: 0 dead letters and 0 repeated batches. Duplicates are no fault: they were known and left out.",
            "none",
            Query(
                f"sum {by_group} (increase(messaging_consumer_dead_letters_total[{WINDOW}]))", f"{group} dead letters"
            ),
            Query(
                f'sum {by_group} (increase(messaging_consumer_retries_total{{error_type="failed"}}[{WINDOW}]))',
                f"{group} repeated batches",
            ),
            Query(f"sum(increase(notification_suppressed_duplicates_total[{WINDOW}]))", "notifications known already"),
            Query(f"sum(increase(lake_suppressed_duplicates_total[{WINDOW}]))", "rows known already"),
            steps=NONE,
        ),
    ]


def live_streams() -> Panel:
    """Open inboxes that see a notification arrive."""
    return graph(
        34,
        "Live streams",
        "Good: none refused. Open inboxes that see a notification arrive; who doesn't read is dropped (too_slow).",
        "none",
        Query("sum(notification_live_streams)", "open"),
        Query(
            f"sum by (reason) (increase(notification_live_refused_total[{WINDOW}]))",
            "refused: {{reason}} has enough",
        ),
        Query(f"sum by (reason) (increase(notification_live_ended_total[{WINDOW}]))", "ended: {{reason}}"),
    )


def _hop(id: int, title: str, good: str, histogram: str, steps: Steps, selector: str = "", *, width: int = 4) -> Panel:
    half, most = quantile(0.5, histogram, selector), quantile(0.99, histogram, selector)
    return figure(id, title, good, "s", Query(half, "half"), Query(most, "99 %"), steps=steps, width=width)

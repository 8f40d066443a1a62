"""What leaves the platform: e-mail and webhooks."""

from __future__ import annotations

from monitoring.grafana.panels import NONE, Panel, Query, graph
from monitoring.grafana.pipeline import WINDOW


def deliveries() -> list[Panel]:
    """How late, how much, what fails and what waits."""
    return [*_on_their_way(), *_stuck(), *_in_detail()]


def _on_their_way() -> list[Panel]:
    return [
        graph(
            80,
            "Delay to delivery, 99 %",
            "Good: seconds. From the event to the answer of the mail server or the webhook. A point is a trace.",
            "s",
            *(
                Query(
                    "histogram_quantile(0.99, sum by (le) (rate("
                    f'notification_commit_to_delivered_seconds_bucket{{channel="{channel}"}}[{WINDOW}])))',
                    channel,
                )
                for channel in ("email", "webhook")
            ),
        ),
        graph(
            81,
            "Attempts by what came of them",
            "Good: delivered. Away and delayed are tried again; refused and broken are dead; broken is our fault.",
            "ops",
            Query(
                f"sum by (channel, outcome) (rate(notification_delivery_attempts_total[{WINDOW}]))",
                "{{channel}} {{outcome}}",
            ),
        ),
        graph(
            82,
            "Waiting to be delivered",
            "Good: near 0. What waits for a webhook that is away is in it.",
            "none",
            Query("max by (channel) (notification_deliveries_pending)", "{{channel}}"),
            Query("sum(notification_deliveries_at_work)", "at work"),
        ),
    ]


def _stuck() -> list[Panel]:
    return [
        graph(
            83,
            "Overdue",
            "Good: below 1 s. It tickets above 60 s. How long something due has waited for its attempt, though its "
            "webhook is well. The oldest may wait for hours, for a webhook that is away.",
            "s",
            Query("max by (channel) (notification_deliveries_overdue_seconds)", "{{channel}}"),
            Query("max by (channel) (notification_deliveries_oldest_age_seconds)", "{{channel}}, the oldest"),
            steps=((None, "green"), (60, "red")),
        ),
        graph(
            84,
            "Dead deliveries",
            "Good: 0. They are kept with their cause, and can be tried again.",
            "none",
            Query("max by (channel) (notification_deliveries_dead)", "{{channel}}, kept"),
            Query(
                f'sum by (channel) (increase(notification_deliveries_finished_total{{state="dead"}}[{WINDOW}]))',
                "{{channel}}, new",
            ),
            steps=NONE,
        ),
        graph(
            85,
            "Targets left alone",
            "Good: 0. Open breakers: after failures in a row nothing is sent but a probe now and then.",
            "none",
            Query("sum(notification_delivery_breakers_open)", "open"),
        ),
    ]


def _in_detail() -> list[Panel]:
    return [
        graph(
            86,
            "Share of attempts that failed",
            "Good: near 0. E-mail tickets above 50 %. Webhooks alert nobody, since a receiver is its owner's matter; "
            "all of them at once are our own way out of the network.",
            "percentunit",
            Query(
                f'sum by (channel) (rate(notification_delivery_attempts_total{{outcome=~"away|broken"}}[{WINDOW}]))'
                f" / sum by (channel) (rate(notification_delivery_attempts_total[{WINDOW}]))",
                "{{channel}}",
            ),
            width=12,
        ),
        graph(
            87,
            "Webhooks that were disabled",
            "Good: few. They answered that they are gone, or failed for days; their owners were told.",
            "none",
            Query(f"sum by (cause) (increase(notification_webhooks_disabled_total[{WINDOW}]))", "{{cause}}"),
            width=12,
        ),
        graph(
            88,
            "Time of an attempt, 99 %",
            "Good: below 1 s. Much more: a mail server or webhooks that are slow to answer.",
            "s",
            Query(
                "histogram_quantile(0.99, sum by (le, channel) "
                f"(rate(notification_delivery_attempt_duration_seconds_bucket[{WINDOW}])))",
                "{{channel}}",
            ),
            width=12,
        ),
        graph(
            89,
            "Ordered and over",
            "Good: the lines go together. What is ordered and not over waits.",
            "ops",
            Query(f"sum by (channel) (rate(notification_deliveries_ordered_total[{WINDOW}]))", "{{channel}}, ordered"),
            Query(f"sum by (channel) (rate(notification_deliveries_finished_total[{WINDOW}]))", "{{channel}}, over"),
            width=12,
        ),
    ]

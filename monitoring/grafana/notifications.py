"""What people are told on the platform: how soon it is before their eyes, and what is not shown."""

from __future__ import annotations

from monitoring.grafana.panels import NONE, Panel, Query, graph
from monitoring.grafana.pipeline import NOTIFIED, WINDOW, quantile

SEEN = "notification_commit_to_stream_seconds"


def notifications() -> list[Panel]:
    """From the commit to the eye, beside the inbox."""
    return [
        graph(
            90,
            "From the commit to the eye",
            "Good: 99 % within 5 s, and the eye close behind the inbox. From the decision to the stored notification, "
            "and to its being written to who has the inbox open.",
            "s",
            Query(quantile(0.5, NOTIFIED), "in the inbox, half"),
            Query(quantile(0.99, NOTIFIED), "in the inbox, 99 %"),
            Query(quantile(0.5, SEEN), "before the eye, half"),
            Query(quantile(0.99, SEEN), "before the eye, 99 %"),
            steps=((None, "green"), (5, "red")),
        ),
        graph(
            91,
            "Shown and not shown",
            "Good: none without words and none too old. Live: written on open streams. Silent: not wanted in the "
            "inbox. Without words: a kind or reason that this release doesn't know. Too old: past the retention.",
            "ops",
            Query(f"sum(rate(notification_live_sent_total[{WINDOW}]))", "live"),
            Query(f"sum(rate(notification_silent_total[{WINDOW}]))", "silent"),
            Query(f"sum(rate(notification_without_words_total[{WINDOW}]))", "without words"),
            Query(f"sum(rate(notification_skipped_too_old_total[{WINDOW}]))", "too old"),
        ),
        graph(
            92,
            "Alerts in the operators' inboxes",
            "Good: 0, or as many that ended as began.",
            "none",
            Query(f"sum by (status) (increase(notification_operator_alerts_total[{WINDOW}]))", "{{status}}"),
            steps=NONE,
        ),
    ]

"""One dashboard a service: its requests (rate, errors, duration), what it is for, and what its processes take."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from monitoring.grafana.deliveries import deliveries
from monitoring.grafana.jobs import jobs
from monitoring.grafana.machinery import doors, signing_key
from monitoring.grafana.notifications import notifications
from monitoring.grafana.page import Sections, page
from monitoring.grafana.panels import NONE, Panel, Query, Steps, graph, within
from monitoring.grafana.pipeline import live_streams
from monitoring.grafana.risk import risk

WINDOW = "$__rate_interval"
SLOW: Steps = ((None, "green"), (0.25, "yellow"), (1, "red"))
FIRST = 100
"""Requests and runtime have these ids and the next, on each of the dashboards."""


def auth() -> Dashboard:
    """auth_service."""
    return _service(
        "auth",
        "Accounts (auth_service)",
        {
            "People at the door": [
                doors(),
                _rate(
                    110,
                    "Sign-ups",
                    "Good: as usual; a burst is a campaign or a robot.",
                    "auth_sign_ups_total",
                    "origin",
                ),
                _gauge(111, "Open sessions", "Good: as many as people are there.", "auth_sessions_active", "door"),
                _rate(
                    112,
                    "Refresh tokens",
                    "Good: rotated. Reused ends the session: a token was stolen, or a client is broken.",
                    "auth_token_refreshes_total",
                    "outcome",
                ),
                _rate(
                    113,
                    "Sessions ended before their time",
                    "Good: log-outs only.",
                    "auth_sessions_revoked_total",
                ),
                graph(
                    114,
                    "Time of a password check, 99 %",
                    "Good: some tenths of a second. It is meant to be slow, and waits where many come at once.",
                    "s",
                    Query(
                        "histogram_quantile(0.99, sum by (le) (rate("
                        f"auth_password_hash_duration_seconds_bucket[{WINDOW}])))",
                        "99 %",
                    ),
                    steps=((None, "green"), (1, "yellow"), (3, "red")),
                ),
            ],
            "Letters, events and keys": [
                _gauge(115, "Letters that wait", "Good: 0.", "auth_mail_orders"),
                _rate(116, "Letters", "Good: sent.", "auth_mail_letters_total", "outcome"),
                _gauge(117, "Events that wait for Kafka", "Good: 0.", "auth_outbox_events"),
                signing_key(),
            ],
        },
    )


def transaction() -> Dashboard:
    """transaction_service, but for whether the ledger is right, which has a dashboard of its own."""
    return _service(
        "transaction",
        "Payments (transaction_service)",
        {
            "The writer": [
                graph(
                    110,
                    "Commands in a batch, and waiting",
                    "Good: batches grow with the load, and nothing waits for long.",
                    "none",
                    Query(
                        f"sum(rate(ledger_batch_size_sum[{WINDOW}])) / sum(rate(ledger_batch_size_count[{WINDOW}]))",
                        "in a batch",
                    ),
                    Query("sum(ledger_queue_depth)", "waiting"),
                ),
                graph(
                    111,
                    "Time to a durable commit",
                    "Good: some tens of milliseconds. The wait is for the batch before.",
                    "s",
                    Query(_quantile(0.99, "ledger_posting_duration_seconds"), "commit, 99 %"),
                    Query(_quantile(0.99, "ledger_queue_wait_seconds"), "wait, 99 %"),
                    steps=within(0.1),
                ),
                _rate(
                    112,
                    "Requests that were sent again",
                    "Good: few. Each was answered from the journal and had no second effect.",
                    "ledger_idempotent_replays_total",
                ),
                _rate(
                    113, "Due transfers", "Good: expired or posted.", "ledger_due_transfers_settled_total", "outcome"
                ),
                _rate(114, "Accounts", "Good: opened, as people sign up.", "ledger_accounts_total", "decision"),
                _rate(115, "Payees asked after", "Good: none refused.", "payee_lookups_total", "outcome"),
            ],
        },
    )


def notification() -> Dashboard:
    """notification_service."""
    return _service(
        "notification",
        "Notifications (notification_service)",
        {
            "In the inbox and before the eye": [*notifications(), live_streams()],
            "E-mail and webhooks": deliveries(),
        },
    )


def analytics() -> Dashboard:
    """analytics_service."""
    return _service(
        "analytics",
        "Analytics (analytics_service)",
        {
            "The lake": [
                _gauge(110, "Rows in the lake", "Good: grows with the journal.", "lake_rows"),
                _rate(111, "Rows written", "Good: as the traffic.", "lake_rows_ingested_total", "type", unit="wps"),
                _gauge(112, "Files", "Good: level, since small ones are merged.", "lake_files"),
                _gauge(113, "Size", "Good: far below the disk.", "lake_bytes", unit="bytes"),
                graph(
                    114,
                    "Time of a commit to the manifest, 99 %",
                    "Good: below 1 s.",
                    "s",
                    Query(_quantile(0.99, "lake_commit_duration_seconds"), "99 %"),
                    steps=within(1),
                ),
                _rate(115, "Events known already", "Good: 0, but after a crash.", "lake_suppressed_duplicates_total"),
            ],
            "Report jobs": jobs(),
            "Risk": risk(),
        },
    )


def _service(name: str, title: str, own: Sections) -> Dashboard:
    service = f"{name}_service"
    return page(
        f"fintech-{name}",
        title,
        "Its requests, what it is for, and what its processes take.",
        {"Requests": requests(service), **own, "What its processes take": runtime(service)},
    )


def requests(service: str) -> list[Panel]:
    """How many, how many of them fail, how long they take."""
    count = f'flask_http_request_duration_seconds_count{{service="{service}"}}'
    bucket = f'flask_http_request_duration_seconds_bucket{{service="{service}"}}'
    failed = f'flask_http_request_duration_seconds_count{{service="{service}", status=~"5.."}}'
    return [
        graph(
            FIRST,
            "Requests, by route",
            "Good: as usual. The ten routes with the most requests.",
            "reqps",
            Query(f"topk(10, sum by (url_rule, method) (rate({count}[{WINDOW}])))", "{{method}} {{url_rule}}"),
        ),
        graph(
            FIRST + 1,
            "Share of answers with a 5xx",
            "Good: 0. A 503 means that something it needs was away; a 500 is a bug.",
            "percentunit",
            Query(
                f"(sum(rate({failed}[{WINDOW}])) or vector(0)) / sum(rate({count}[{WINDOW}]))",
                "5xx",
            ),
            steps=((None, "green"), (0.001, "yellow"), (0.01, "red")),
        ),
        graph(
            FIRST + 2,
            "Time to the answer",
            "Good: 99 % within 250 ms.",
            "s",
            *(
                Query(f"histogram_quantile({share}, sum by (le) (rate({bucket}[{WINDOW}])))", name)
                for share, name in ((0.5, "half"), (0.95, "95 %"), (0.99, "99 %"))
            ),
            steps=SLOW,
        ),
    ]


def runtime(service: str) -> list[Panel]:
    """What each process of the service needs, and whether it can work."""
    own = f'{{service="{service}"}}'
    return [
        graph(
            FIRST + 3,
            "CPU",
            "Good: below 1 each: a process has one interpreter lock.",
            "none",
            Query(f"sum by (process) (rate(process_cpu_seconds_total{own}[{WINDOW}]))", "{{process}}"),
            steps=((None, "green"), (0.8, "yellow"), (1, "red")),
        ),
        graph(
            FIRST + 4,
            "Memory",
            "Good: level. A line that only climbs is a leak.",
            "bytes",
            Query(f"sum by (process) (process_resident_memory_bytes{own})", "{{process}}"),
        ),
        graph(
            FIRST + 5,
            "Open files and sockets",
            "Good: level, and far below the limit.",
            "none",
            Query(f"sum by (process) (process_open_fds{own})", "{{process}}"),
        ),
        graph(
            FIRST + 6,
            "Garbage collections",
            "Good: few of generation 2, each of which stops the process.",
            "ops",
            Query(
                f'sum by (process) (rate(python_gc_collections_total{{service="{service}",generation="2"}}[{WINDOW}]))',
                "{{process}}",
            ),
            width=12,
        ),
        graph(
            FIRST + 7,
            "Checks that fail",
            "Good: 0. What the process says at /readyz.",
            "none",
            Query(f"sum by (process, check) (1 - process_ready{own})", "{{process}} {{check}}"),
            steps=NONE,
            width=12,
        ),
    ]


def _quantile(share: float, histogram: str) -> str:
    return f"histogram_quantile({share}, sum by (le) (rate({histogram}_bucket[{WINDOW}])))"


def _rate(id: int, title: str, good: str, counter: str, label: str = "", *, unit: str = "ops") -> Panel:
    by, legend = (f" by ({label})", f"{{{{{label}}}}}") if label else ("", title.lower())
    return graph(id, title, good, unit, Query(f"sum{by} (rate({counter}[{WINDOW}]))", legend))


def _gauge(id: int, title: str, good: str, gauge: str, label: str = "", *, unit: str = "none") -> Panel:
    by, legend = (f" by ({label})", f"{{{{{label}}}}}") if label else ("", title.lower())
    return graph(id, title, good, unit, Query(f"max{by} ({gauge})", legend))

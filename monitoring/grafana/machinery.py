"""What everything stands on: the stores, the processes, and what watches them."""

from __future__ import annotations

from monitoring.grafana.panels import NONE, ONE, Panel, Query, figure, graph, listing

WINDOW = "$__rate_interval"
REAL_DISKS = 'fstype!~"tmpfs|overlay|squashfs|ramfs"'


def stores() -> list[Panel]:
    """MongoDB, Redis, Kafka, ZooKeeper, the disk."""
    return [
        figure(
            50,
            "Stores that answer",
            "Good: 1 each.",
            "none",
            Query("min(mongodb_up)", "MongoDB"),
            Query("min(redis_up)", "Redis"),
            Query("min(kafka_up)", "Kafka"),
            Query("min(zookeeper_up)", "ZooKeeper"),
            steps=ONE,
            width=12,
        ),
        figure(
            51,
            "Free disk",
            "Good: more than 5 %. MongoDB and Kafka stop when it is full.",
            "percentunit",
            Query(
                f"min by (mountpoint) (node_filesystem_avail_bytes{{{REAL_DISKS}}} / node_filesystem_size_bytes)",
                "{{mountpoint}}",
            ),
            steps=((None, "red"), (0.05, "yellow"), (0.15, "green")),
            width=12,
        ),
        graph(
            52,
            "Round trip to MongoDB",
            "Good: a few milliseconds. A ticket above 250 ms.",
            "s",
            Query("max(mongodb_ping_seconds)", "ping"),
            steps=((None, "green"), (0.25, "red")),
        ),
        graph(
            53,
            "Operations of MongoDB",
            "Good: as the traffic.",
            "ops",
            Query(f"sum by (type) (rate(mongodb_operations_total[{WINDOW}]))", "{{type}}"),
        ),
        graph(
            54,
            "Restarts of stores",
            "Good: 0. Seen from outside, over 2 minutes: a new start time, registration or count.",
            "none",
            Query("sum(changes((mongodb_start_time_seconds > 0)[2m:5s]))", "MongoDB"),
            Query("sum(resets(redis_uptime_in_seconds[2m]))", "Redis"),
            Query("sum(changes(kafka_broker_registered_timestamp_seconds[2m]))", "Kafka"),
            Query("sum(resets(zookeeper_packets_received_total[2m]))", "ZooKeeper"),
            steps=NONE,
        ),
        graph(
            55,
            "Kafka's brokers and copies",
            "Good: every broker there, 0 partitions with too few copies.",
            "none",
            Query("max(kafka_brokers)", "brokers"),
            Query("max(kafka_under_replicated_partitions)", "under-replicated"),
        ),
        graph(
            56,
            "Revocation heartbeats",
            "Good: 2 a second. Without them every request asks auth about its session.",
            "ops",
            Query(f"sum by (outcome) (rate(auth_revocation_heartbeats_total[{WINDOW}]))", "{{outcome}}"),
        ),
    ]


def processes() -> list[Panel]:
    """Each process: is it there, is it ready, what does it take?"""
    return [
        graph(
            60,
            "There",
            "Good: 1. Whether the process answers Prometheus.",
            "none",
            Query("min by (process) (up)", "{{process}}"),
        ),
        graph(
            61,
            "Ready",
            "Good: 1. Whether it can do its work: the worst of its checks, as /readyz tells them.",
            "none",
            Query("min by (process) (process_ready)", "{{process}}"),
        ),
        graph(
            62,
            "Starts within 2 minutes",
            "Good: 0, but after a deployment.",
            "none",
            Query("sum by (process) (changes(process_start_time_seconds[2m]))", "{{process}}"),
            Query("sum by (process) (resets(process_cpu_time_ns_total[2m]))", "{{process}}"),
            steps=NONE,
        ),
        graph(
            63,
            "CPU",
            "Good: below 1 each: a process of ours has one interpreter lock.",
            "none",
            Query(f"sum by (process) (rate(process_cpu_seconds_total[{WINDOW}]))", "{{process}}"),
        ),
        graph(
            64,
            "Memory",
            "Good: level. A line that only climbs is a leak.",
            "bytes",
            Query("sum by (process) (process_resident_memory_bytes)", "{{process}}"),
        ),
        graph(
            65,
            "Answers with a 5xx, by service",
            "Good: 0.",
            "reqps",
            Query(
                "sum by (service) (rate(flask_http_request_duration_seconds_count"
                f'{{status=~"5.."}}[{WINDOW}])) or 0 * sum by (service) (flask_http_request_duration_seconds_count)',
                "{{service}}",
            ),
            steps=NONE,
        ),
        graph(
            66,
            "How far clocks are off",
            "Good: 0 to 4 s, which a scrape may take. A page above 5 s, ahead or behind.",
            "s",
            Query(
                "max by (process) (process_clock_timestamp_seconds - timestamp(process_clock_timestamp_seconds))",
                "{{process}}",
            ),
            floor=None,
        ),
    ]


def watching() -> list[Panel]:
    """What watches: probes, jobs, the way of an alert."""
    return [
        graph(
            71,
            "Probes by outcome",
            "Good: only ok, one every 15 s.",
            "none",
            Query(f"sum by (outcome) (increase(probe_transfers_total[{WINDOW}]))", "{{outcome}}"),
        ),
        graph(
            72,
            "Since a job last succeeded",
            "Good: a few periods of each job. A ticket at 60 s, or later where the job says that it may take longer.",
            "s",
            Query("time() - max by (job) (job_last_success_timestamp_seconds)", "{{job}}"),
            Query("max by (job) (job_overdue_after_seconds > 60)", "{{job}}: overdue"),
            steps=((None, "green"), (60, "yellow")),
        ),
        graph(
            93,
            "Since Watchdog was heard",
            "Good: below 60 s. From 150 s on alerting is silent, and the auditor tells the operators without it.",
            "s",
            Query("time() - max(watchdog_last_heard_timestamp_seconds)", "since Alertmanager heard it"),
            steps=((None, "green"), (90, "yellow"), (150, "red")),
        ),
        graph(
            73,
            "Alerts on their way to people",
            "Good: nothing failed. Sent to the operators' inbox, failed there, and rules that could not be evaluated.",
            "none",
            Query(f'sum(increase(alertmanager_notifications_total{{integration="webhook"}}[{WINDOW}]))', "sent"),
            Query(
                f'sum(increase(alertmanager_notifications_failed_total{{integration="webhook"}}[{WINDOW}]))', "failed"
            ),
            Query(f"sum(increase(prometheus_rule_evaluation_failures_total[{WINDOW}]))", "rules failed"),
        ),
    ]


def doors() -> Panel:
    """Who comes in, and who does not."""
    return graph(
        57,
        "Log-ins",
        "Good: few failures. A ticket above 60 failures a minute through one door, or 60 refused by one limit.",
        "opm",
        Query(f"sum by (door, outcome) (rate(auth_log_ins_total[{WINDOW}])) * 60", "{{door}} {{outcome}}"),
        Query(f"sum by (limit) (rate(auth_attempts_refused_total[{WINDOW}])) * 60", "refused by {{limit}}"),
    )


def signing_key() -> Panel:
    """How long the key that signs tokens has done so."""
    return graph(
        58,
        "Age of the key that signs tokens",
        "Good: below the schedule's line. The relay makes the next one by itself.",
        "s",
        Query("max(auth_signing_key_age_seconds)", "age"),
        Query("max(auth_signing_key_max_age_seconds)", "schedule"),
    )


def firing() -> Panel:
    """Every alert that fires now."""
    return listing(
        70,
        "Firing now",
        "Good: empty but for Watchdog, which says that alerting works.",
        Query('ALERTS{alertstate="firing"}', "{{alertname}}"),
        width=24,
    )

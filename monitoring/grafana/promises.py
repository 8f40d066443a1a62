"""Is all well, and is what was promised kept?"""

from __future__ import annotations

from monitoring.grafana.panels import NONE, ONE, Panel, Query, Steps, at_least, figure, graph

REQUESTS = 'service="transaction_service", url_rule="/v1/transfers", method="POST"'
BUDGET: Steps = ((None, "red"), (0, "yellow"), (0.25, "green"))
BURN: Steps = ((None, "green"), (1, "yellow"), (14.4, "red"))


def is_all_well() -> list[Panel]:
    """One line of figures that tells whether to read on."""
    return [
        figure(
            1,
            "Pages firing",
            "Good: 0. Somebody has to get up for each.",
            "none",
            Query('count(ALERTS{alertstate="firing", severity="page"}) or vector(0)', "pages"),
            steps=NONE,
        ),
        figure(
            2,
            "Tickets firing",
            "Good: 0; after a deployment each process that was restarted shows for two minutes.",
            "none",
            Query('count(ALERTS{alertstate="firing", severity="ticket"}) or vector(0)', "tickets"),
            steps=((None, "green"), (1, "yellow")),
        ),
        figure(
            3,
            "Processes away",
            "Good: 0. Processes that don't answer Prometheus; the row Processes names them.",
            "none",
            Query("count(up == 0) or vector(0)", "away"),
            steps=NONE,
        ),
        figure(
            4,
            "Money created",
            "Good: exactly 0 minor units, in every currency: what one account has, others gave.",
            "none",
            Query("max(abs(ledger_money_created_minor_units))", "minor units"),
            steps=NONE,
        ),
        figure(
            5,
            "Missing for a minute",
            "Good: 0. Records of the journal that have not reached a stage of the pipeline after 60 s.",
            "none",
            Query(
                "sum(reconciliation_missing and reconciliation_oldest_missing_age_seconds > 60) or vector(0)", "missing"
            ),
            steps=NONE,
        ),
        figure(
            6,
            "Last probe",
            "Good: 1. A transfer between two users of the probe's own, followed to the inbox and into the lake.",
            "none",
            Query("min(probe_success)", "success"),
            steps=ONE,
        ),
    ]


def promises() -> list[Panel]:
    """The promises with a budget: now, what is left, and how fast it goes."""
    left = "1 - ({bad}) / ({all} > 0) / {allowed}"
    return [
        figure(
            10,
            "Answered without a 5xx",
            "Promise 1. Good: 99.9 % or more of the transfer requests of 5 minutes. Nothing to show without requests.",
            "percentunit",
            Query("1 - slo:transfer_errors:ratio_rate5m", "answered"),
            steps=at_least(0.999),
            width=6,
            decimals=2,
        ),
        figure(
            11,
            "Answered within 250 ms",
            "Promise 2. Good: 99 % or more of the transfer requests of 5 minutes.",
            "percentunit",
            Query("1 - slo:transfer_slow:ratio_rate5m", "in time"),
            steps=at_least(0.99),
            width=6,
            decimals=2,
        ),
        figure(
            12,
            "Notified within 5 s",
            "Promise 3. Good: 99 % or more of the notifications of 5 minutes. What never came is Missing for a minute.",
            "percentunit",
            Query("1 - slo:notified_late:ratio_rate5m", "in time"),
            steps=at_least(0.99),
            width=6,
            decimals=2,
        ),
        figure(
            13,
            "In the reports within 10 s",
            "Promise 3. Good: 99 % or more of the rows of 5 minutes.",
            "percentunit",
            Query("1 - slo:reported_late:ratio_rate5m", "in time"),
            steps=at_least(0.99),
            width=6,
            decimals=2,
        ),
        figure(
            14,
            "Error budget left, over the time shown",
            "Good: well above 0. 100 % is an untouched budget; below 0 the promise was broken over the time shown.",
            "percentunit",
            Query(left.format(bad=_errors("$__range"), all=_all("$__range"), allowed=0.001), "answered"),
            Query(left.format(bad=_slow("$__range"), all=_all("$__range"), allowed=0.01), "within 250 ms"),
            Query(left.format(**_late("notification_commit_to_notified_seconds", "5.0")), "notified"),
            Query(left.format(**_late("lake_commit_to_report_seconds", "10.0")), "in the reports"),
            steps=BUDGET,
            width=12,
            decimals=1,
        ),
        graph(
            15,
            "How fast the budget burns",
            "Good: below 1, the speed at which a budget lasts exactly as long as it should. From 14.4 on, over 1 and 5 "
            "minutes, it pages.",
            "none",
            Query("slo:transfer_errors:ratio_rate5m / 0.001", "answered"),
            Query("slo:transfer_slow:ratio_rate5m / 0.01", "within 250 ms"),
            Query("slo:notified_late:ratio_rate5m / 0.01", "notified"),
            Query("slo:reported_late:ratio_rate5m / 0.01", "in the reports"),
            steps=BURN,
            width=12,
        ),
    ]


def _all(window: str) -> str:
    return f"sum(increase(flask_http_request_duration_seconds_count{{{REQUESTS}}}[{window}]))"


def _errors(window: str) -> str:
    selector = f'{REQUESTS}, status=~"5.."'
    return f"sum(increase(flask_http_request_duration_seconds_count{{{selector}}}[{window}])) or vector(0)"


def _slow(window: str) -> str:
    in_time = f'sum(increase(flask_http_request_duration_seconds_bucket{{{REQUESTS}, le="0.25"}}[{window}]))'
    return f"{_all(window)} - {in_time}"


def _late(histogram: str, bound: str) -> dict[str, str | float]:
    everything = f"sum(increase({histogram}_count[$__range]))"
    in_time = f'sum(increase({histogram}_bucket{{le="{bound}"}}[$__range]))'
    return {"bad": f"{everything} - {in_time}", "all": everything, "allowed": 0.01}

"""What an owner of the business asks: do people come, do they pay, does it work for them?"""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from monitoring.grafana.page import page
from monitoring.grafana.panels import Panel, Query, Steps, at_least, figure, graph

WINDOW = "$__rate_interval"
POSTED = 'ledger_transfers_total{type="payment", status="posted"}'
REFUNDED = 'ledger_transfers_total{type="refund", status="posted"}'
FEW: Steps = ((None, "green"), (0.1, "yellow"), (0.2, "red"))


def business() -> Dashboard:
    """The whole dashboard."""
    return page(
        "fintech-business",
        "Business",
        "People, payments and what becomes of them. Amounts are in minor units of their currency.",
        {"Now": _now(), "Payments": _payments()},
        span="now-6h",
    )


def _now() -> list[Panel]:
    return [
        figure(
            1,
            "Payments that were posted",
            "Good: as usual; below half it tickets.",
            "percentunit",
            Query("ledger:payments_posted:ratio_rate5m", "posted"),
            steps=at_least(0.5),
            decimals=1,
        ),
        figure(
            2,
            "Payments in an hour",
            "Good: as in the same hour of last week.",
            "none",
            Query("business:payments:increase1h", "payments"),
            steps=((None, "green"),),
            decimals=0,
        ),
        figure(
            3,
            "Against the same hour of last week",
            "Good: about 1. A ticket below a quarter or above four times. Nothing to show in the first week.",
            "none",
            Query("business:payments:increase1h / (business:payments:increase1h offset 1w > 0)", "of last week's"),
            steps=((None, "red"), (0.25, "green"), (4, "red")),
            decimals=2,
        ),
        figure(
            4,
            "Refunded, of an hour's payments",
            "Good: few. A ticket above a fifth: a seller, or we, have done something wrong.",
            "percentunit",
            Query("business:refunds:ratio_increase1h", "refunded"),
            steps=FEW,
            decimals=1,
        ),
        figure(
            5,
            "People logged in",
            "Good: as usual for the time of day. Open sessions.",
            "none",
            Query("sum(auth_sessions_active)", "sessions"),
            steps=((None, "green"),),
        ),
        figure(
            6,
            "Log-ins that fail",
            "Good: few. Of five minutes' attempts.",
            "percentunit",
            Query("business:log_ins_failed:ratio_rate5m", "failed"),
            steps=((None, "green"), (0.3, "yellow"), (0.6, "red")),
            decimals=1,
        ),
    ]


def _payments() -> list[Panel]:
    return [
        graph(
            7,
            "Payments a second",
            "Good: near the line of last week.",
            "ops",
            Query(f"sum(rate({POSTED}[{WINDOW}]))", "now"),
            Query(f"sum(rate({POSTED}[{WINDOW}] offset 1w))", "a week ago"),
        ),
        graph(
            8,
            "Money moved a second",
            "Good: goes with the payments. Minor units, by currency.",
            "none",
            Query(f"sum by (currency) (rate(ledger_moved_minor_units_total[{WINDOW}]))", "{{currency}}"),
        ),
        graph(
            9,
            "Why payments are rejected",
            "Good: insufficient funds, as people are. The five reasons that come most.",
            "ops",
            Query(
                f'topk(5, sum by (reason) (rate(ledger_transfers_total{{status="rejected"}}[{WINDOW}])))',
                "{{reason}}",
            ),
        ),
        graph(
            10,
            "Given back",
            "Good: few.",
            "ops",
            Query(f"sum(rate({REFUNDED}[{WINDOW}]))", "refunds"),
            Query(f'sum(rate(ledger_transfers_total{{type="reversal", status="posted"}}[{WINDOW}]))', "reversals"),
        ),
        graph(
            11,
            "Holds and plans that should be over",
            "Good: 0 s. A ticket above 60 s.",
            "s",
            Query("max(ledger_due_transfers_overdue_seconds)", "the oldest"),
            steps=((None, "green"), (60, "red")),
        ),
        graph(
            12,
            "People who join",
            "Good: as usual.",
            "ops",
            Query(f"sum by (origin) (rate(auth_sign_ups_total[{WINDOW}]))", "{{origin}}"),
        ),
    ]

"""Is all well, and is what was promised kept?"""

from __future__ import annotations

from monitoring.grafana.panels import NONE, ONE, Panel, Query, Steps, at_least, figure, graph
from monitoring.slo.declared import declared_slos

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
    """The promises with a budget: now, what is left, and how fast it goes. The dashboard of the budgets says more."""
    slos = declared_slos()
    return [
        *(
            figure(
                10 + number,
                slo.title,
                f"{slo.says} Good: {slo.objective} % or more of 5 minutes. Nothing to show where nothing happened.",
                "percentunit",
                Query(f'1 - slo:errors:ratio_rate5m{{slo="{slo.name}"}}', "good"),
                steps=at_least(slo.target),
                width=24 // len(slos),
                decimals=2,
            )
            for number, slo in enumerate(slos)
        ),
        figure(
            14,
            "Error budget left",
            "Good: well above 0. 100 % is an untouched budget; below 0 the promise was broken, over its 30 days or as "
            "far back as Prometheus remembers.",
            "percentunit",
            Query("slo:budget_left:ratio", "{{slo}}"),
            steps=BUDGET,
            width=12,
            decimals=1,
        ),
        graph(
            15,
            "How fast the budget burns",
            "Good: below 1, the speed at which a budget lasts exactly as long as it should. Over two windows it pages "
            "from 14.4 or 6 on, and tickets from 3 or 1 on.",
            "none",
            Query("slo:errors:ratio_rate5m / on (slo) group_left () slo:allowed:ratio", "{{slo}}"),
            steps=BURN,
            width=12,
        ),
    ]

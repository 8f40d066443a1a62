"""Is the ledger right, and what does it decide?"""

from __future__ import annotations

from monitoring.grafana.panels import NONE, Panel, Query, graph, listing

WINDOW = "$__rate_interval"


def integrity() -> list[Panel]:
    """What the audit and the reconciliation find: all of it must be 0."""
    return [
        graph(
            40,
            "Sum over all accounts",
            "Good: exactly 0 minor units in each currency.",
            "none",
            Query("max by (currency) (ledger_money_created_minor_units)", "{{currency}}"),
            floor=None,
        ),
        graph(
            41,
            "What the audit finds",
            "Good: 0. Accounts that differ from their entries, are below 0 or have a changed entry; missing records.",
            "none",
            Query("max(ledger_drifted_accounts)", "drifted"),
            Query("max(ledger_negative_accounts)", "negative"),
            Query("max(ledger_chain_broken_accounts)", "changed entry"),
            Query("max(ledger_journal_gaps)", "gaps"),
            steps=NONE,
        ),
        listing(
            42,
            "Breaches",
            "Good: empty. Where the ledger is wrong, and by how much; at most ten are named.",
            Query("ledger_breach", "{{kind}} {{account}} {{position}}"),
            width=8,
        ),
        graph(
            43,
            "Age of the last audit",
            "Good: a few seconds. It pages at 60 s: then nobody knows.",
            "s",
            Query("time() - max(ledger_audit_last_success_timestamp_seconds)", "since the last audit"),
            steps=((None, "green"), (60, "red")),
        ),
        graph(
            44,
            "Missing and surplus, by stage",
            "Good: 0, but for what is on its way: each record is published, notified and in the lake, once.",
            "none",
            Query("max by (stage) (reconciliation_missing)", "missing {{stage}}"),
            Query("max by (stage) (reconciliation_surplus)", "surplus {{stage}}"),
        ),
        graph(
            45,
            "Age of the oldest that is missing",
            "Good: below 60 s, at which it pages.",
            "s",
            Query("max by (stage) (reconciliation_oldest_missing_age_seconds)", "{{stage}}"),
            steps=((None, "green"), (60, "red")),
        ),
        graph(
            57,
            "Repairs",
            "Good: none. Minutes that a stage had lost some of, which was published again, and what came of it.",
            "none",
            Query(
                f"sum by (stage, outcome) (increase(reconciliation_repairs_total[{WINDOW}]))", "{{stage}} {{outcome}}"
            ),
            steps=NONE,
        ),
        graph(
            49,
            "Reports that differ from the ledger",
            "Good: 0. Totals of a day, balances and sums of accounts, counts of records, over the whole lake.",
            "none",
            Query("max by (kind) (analytics_reconciliation_breaks)", "{{kind}}"),
            steps=NONE,
        ),
        graph(
            59,
            "Since the reports were held against the ledger",
            "Good: a minute or two. A ticket at ten minutes: then nobody knows whether they are right.",
            "s",
            Query("time() - max(analytics_reconciliation_upto_timestamp_seconds)", "since"),
            steps=((None, "green"), (600, "red")),
        ),
    ]


def decisions() -> list[Panel]:
    """What the writer does, and whether there are one writer and one relay."""
    return [
        graph(
            46,
            "Decisions",
            "Good: mostly posted. Transfers by outcome and reason.",
            "ops",
            Query("sum by (status, reason) (ledger:transfers:rate1m)", "{{status}} {{reason}}"),
        ),
        graph(
            47,
            "Payments that were posted",
            "Good: as usual. A ticket below half: a limit, an empty account or an attack.",
            "percentunit",
            Query("ledger:payments_posted:ratio_rate5m", "posted"),
            steps=((None, "red"), (0.5, "green")),
        ),
        graph(
            48,
            "Writer and relay",
            "Good: 1 writes, 1 publishes; no takeovers, no failed commands.",
            "none",
            Query("ledger:writers:sum", "writers"),
            Query("relay:publishers:sum", "relays that publish"),
            Query(f"sum(increase(ledger_takeovers_total[{WINDOW}]))", "takeovers by a writer"),
            Query(f"sum(increase(relay_takeovers_total[{WINDOW}]))", "takeovers by a relay"),
            Query(f"sum(increase(ledger_commands_failed_total[{WINDOW}]))", "failed commands"),
        ),
    ]

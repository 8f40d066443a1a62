"""kill -9 of the ingester, again and again under load: the lake equals the journal in the end, to the unit."""

import time
from typing import Any

from rich.console import Console

from bench.platform import Api
from bench.stacks import Platform
from tests.drills import frame, rounds
from tests.drills.frame import Report
from tests.drills.kill_process import KillIngester
from tests.drills.rows import Row
from tests.lake_sums import Added, StoredLake, differences, of_journal

NAME = "kill-ingester-rounds"
COMPLETE_WITHIN_SECONDS = 120


def run(count: int | None, platform: Platform, console: Console) -> Report:
    """Drill a running platform; the next round begins when all is well again."""
    fault = KillIngester()
    with platform.api() as api:
        stage = frame.set_stage(platform, api, console)
        job = frame.job(platform, stage.people, frame.LONGEST_SECONDS)
        course = rounds.under_load(fault, count or rounds.ROUNDS, platform, job, console)
        account = frame.account_of(api, stage, course.book, console)
        lake = StoredLake(platform)
        try:
            compared, unequal = compare(api, lake, console)
        finally:
            lake.close()
    findings = [*account.findings(), *unequal, *course.findings, *fault.findings(platform)]
    return Report(Row(NAME, account, course.alert, course.impact, {**course.figures, **compared}), findings)


def compare(api: Api, lake: StoredLake, console: Console) -> tuple[dict[str, float], list[str]]:
    """The whole lake with the whole journal, once it has come to its head: figures, and what is not equal."""
    head = api.published_to_head().head
    deadline = time.monotonic() + COMPLETE_WITHIN_SECONDS
    with console.status("waiting until the lake has come to the journal's head"):
        # A probe goes on paying: what knows no positions is to be of one moment, the rest is read up to there.
        while (moment := lake.rolled_up()) is None or moment[0] < head:
            if time.monotonic() > deadline:
                upto = lake.upto()
                return {"lake_positions": upto}, [f"the lake didn't come to {head} in time, but to {upto}"]
            time.sleep(0.2)
    upto, rollups = moment
    rows, totals = lake.rows(upto), api.report("totals", upto)
    journal = of_journal(event for event in api.journal_events(0) if event["position"] <= upto)
    unequal = differences(journal, rows, rollups) + _unlike(journal, totals)
    return {"lake_positions": rows.positions.total(), "lake_sums": len(rows.records)}, unequal


def _unlike(journal: Added, totals: list[dict[str, Any]]) -> list[str]:
    """Where the report says something else than the journal."""
    expected = {
        (currency, type): (journal.records[currency, type, "posted"], journal.records[currency, type, "rejected"])
        for currency, type, status in journal.records
        if status in ("posted", "rejected")
    }
    told = {(row["currency"], row["type"]): (row["posted"], row["rejected"]) for row in totals}
    amounts = {key: row["amount"] for row in totals if journal.amounts[key := (row["currency"], row["type"], "posted")]}
    found = [] if told == expected else [f"the report tells of {told}, the journal of {expected}"]
    return found + [
        f"{amount} of {'/'.join(key)} in the report, {journal.amounts[key]} in the journal"
        for key, amount in amounts.items()
        if amount != journal.amounts[key]
    ]

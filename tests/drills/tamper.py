"""Somebody edits the ledger by hand while load runs: a balance, an amount, an entry that is gone. Each is named by its
account, and forgotten once it is put back."""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from rich.console import Console

from bench.load.process import LoadRun
from bench.stacks import Platform
from tests.drills import accounting, frame
from tests.drills.alerts import Alert, first_of, resolved
from tests.drills.frame import Report
from tests.drills.impact import Span, impact
from tests.drills.rows import Named, Row
from tests.drills.tampering import amount_of, edited, entry_of, money_from_nowhere

NAME = "tamper"
ASIDE = "drill-aside"
"""Whose account takes no part in the load: the ledger decides on nothing that was edited."""
SECONDS_EACH = 50
FORGOTTEN_SECONDS = 60
SILENCE_LIMIT_SECONDS = 5.0
CREATED = 12_345


@dataclass(frozen=True)
class Tampered:
    """`seconds`: from the edit to the alert, and from its being put back to the end of the alert; what never came isn't
    in it."""

    span: Span
    seconds: Mapping[str, float]


def run(platform: Platform, console: Console) -> Report:
    """Drill a running platform."""
    with platform.api() as api:
        stage = frame.set_stage(platform, api, console)
        (aside,) = frame.people(platform, api, [ASIDE])
        account = str(api.accounts(aside.token)[0]["id"])
        edits = _edits(platform, account)
        load = LoadRun(frame.job(platform, stage.people, SECONDS_EACH * len(edits)))
        try:
            time.sleep(frame.QUIET_SECONDS)
            alert = Alert("LedgerBreach", {"account": account})
            tampered = {what: _tamper(what, edit, alert, platform, console) for what, edit in edits.items()}
            result = load.result()
        finally:
            load.stop()
        came_to = frame.account_of(api, stage, result.book, console)
    spans, seen = [each.span for each in tampered.values()], {what: each.seconds for what, each in tampered.items()}
    silence = accounting.longest_silence(result.book, spans[0].began_at)
    found = [finding for what, seconds in seen.items() for finding in _wrong_with(what, seconds)]
    if silence is None or silence > SILENCE_LIMIT_SECONDS:
        found.append(f"nothing was accepted for {silence} s, allowed are {SILENCE_LIMIT_SECONDS:g} s")
    told = [seconds["alert"] for seconds in seen.values() if "alert" in seconds]
    named = Named(f"LedgerBreach, {len(told)} of {len(seen)}", max(told, default=None), silence, SILENCE_LIMIT_SECONDS)
    more = {f"{what}_{name}_seconds": value for what, seconds in seen.items() for name, value in seconds.items()}
    row = Row(NAME, came_to, named, impact(result.book, spans), more)
    return Report(row, [*came_to.findings(), *found, *platform.unhealthy()])


def _edits(platform: Platform, account: str) -> dict[str, AbstractContextManager[None]]:
    first = {"parties": account, "entries.account": account}
    return {
        "balance": money_from_nowhere(platform, account, CREATED),
        "amount": edited(platform, first, amount_of(account)),
        "entry": edited(platform, first, entry_of(account)),
    }


def _tamper(
    what: str, edit: AbstractContextManager[None], alert: Alert, platform: Platform, console: Console
) -> Tampered:
    seconds: dict[str, float] = {}
    began_at, began = time.time(), time.monotonic()
    with edit:
        if first_of(platform.prometheus_url, [alert], within_s=frame.ALERT_LIMIT_SECONDS):
            seconds["alert"] = round(time.monotonic() - began, 1)
    mended_at, mended = time.time(), time.monotonic()
    if resolved(platform.prometheus_url, alert, within_s=FORGOTTEN_SECONDS):
        seconds["forgotten"] = round(time.monotonic() - mended, 1)
    console.print(f"{what}: {alert} after {seconds.get('alert')} s, over after {seconds.get('forgotten')} s")
    return Tampered(Span(began_at, mended_at), seconds)


def _wrong_with(what: str, seconds: Mapping[str, float]) -> list[str]:
    found = [] if "alert" in seconds else [f"{what} was edited, and no alert named its account"]
    return found if "forgotten" in seconds else [*found, f"{what} was put back, and its alert still fires"]

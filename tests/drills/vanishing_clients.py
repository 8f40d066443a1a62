"""Clients hang up in the middle of a request or never read their answers, while others pay: nobody else notices."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
from rich.console import Console

from bench.load.job import Person
from bench.load.process import LoadRun
from bench.platform import Api, JournalRecord
from bench.stacks import Platform
from tests.drills import accounting, frame, metrics
from tests.drills.alerts import fired_within
from tests.drills.frame import Report
from tests.drills.impact import Span, impact
from tests.drills.pulse import Pulse
from tests.drills.rows import Named, Row
from tests.drills.vanishing import Vanishing

NAME = "vanishing-clients"
WHO = "drill-vanishing"
HALF, UNREAD, STREAMS_EACH = 60, 40, 5
"""Fewer halves than a web process reads bodies at once: service_kit.request_bodies says what more of them would do."""
PAYMENTS = 100
APART_SECONDS = 0.1
"""Between two of them: a hundred at once would make others wait for them, not for who has hung up."""
HELD_SECONDS = 30
SILENCE_LIMIT_SECONDS = 5.0
GIVEN_BACK_WITHIN_SECONDS = 60
STREAMS = "notification_live_streams"
OPEN_WITHIN_SECONDS = 20
PAYMENT: dict[str, object] = {"payee": "drill-001", "amount": 1, "currency": "EUR"}


@dataclass(frozen=True)
class Kept:
    """What became of payments whose payer hung up: `keys` were sent, `told` to who asked again, `posted` in all."""

    keys: int
    told: int
    posted: int

    def findings(self) -> list[str]:
        """Each key has one effect."""
        found = [f"{self.keys - self.told} payments were not told to who asked again"] if self.told != self.keys else []
        if self.posted != self.keys:
            found.append(f"{self.posted} payments were posted for {self.keys} keys")
        return found


def run(platform: Platform, console: Console) -> Report:
    """Drill a running platform. No alert has to name it: nothing is broken, and so none may fire."""
    with platform.api() as api:
        stage = frame.set_stage(platform, api, console)
        # Tokens of five minutes, made after the wait for silence.
        vanisher, *readers = frame.people(platform, api, [WHO, *(person.username for person in stage.people)])
        began_at, before = api.summary().head, _streams(platform)
        load = LoadRun(frame.job(platform, stage.people, frame.LONGEST_SECONDS))
        try:
            pulse = Pulse(load)
            time.sleep(frame.QUIET_SECONDS)
            clients, fault_at = Vanishing(platform, vanisher.token), time.time()
            keys = _come(clients, readers, str(fault_at))
            streams = _opened(platform, before + len(readers) * STREAMS_EACH)
            fired = fired_within(platform.prometheus_url, HELD_SECONDS)
            gone = clients.vanish()
            span = Span(fault_at, time.time())
            console.print(f"{gone} clients and {len(keys)} payers have hung up")
            fired |= fired_within(platform.prometheus_url, frame.AFTER_SECONDS)
            book = pulse.result().book
        finally:
            load.stop()
        kept = _asked_again(platform, api, vanisher, keys, began_at)
        account = frame.account_of(api, stage, book, console)
    silence = accounting.longest_silence(book, fault_at)
    findings = [
        *account.findings(),
        *kept.findings(),
        *streams,
        *_left_behind(platform, before),
        *frame.until_healthy(platform),
    ]
    findings += [f"{name} fired, and nothing is broken" for name in sorted(fired)]
    if silence is None or silence > SILENCE_LIMIT_SECONDS:
        findings.append(f"nothing was accepted for {silence} s, allowed are {SILENCE_LIMIT_SECONDS:g} s")
    figures = {"vanished": float(gone), "paid_unheard": float(kept.keys)}
    return Report(
        Row(NAME, account, Named(None, None, silence, SILENCE_LIMIT_SECONDS), impact(book, [span]), figures), findings
    )


def _come(clients: Vanishing, people: Sequence[Person], run: str) -> list[str]:
    """All of them; the keys of those that have paid."""
    for _ in range(HALF):
        clients.half_a_request()
    for _ in range(UNREAD):
        clients.unread_answers()
    for person in people:
        for _ in range(STREAMS_EACH):
            clients.unread_stream(person.token)
    keys = [f"vanishing-{run}-{number}" for number in range(PAYMENTS)]
    for key in keys:
        clients.pay_and_hang_up(key, PAYMENT)
        time.sleep(APART_SECONDS)
    return keys


def _asked_again(platform: Platform, api: Api, payer: Person, keys: Sequence[str], began_at: int) -> Kept:
    """What each key is answered now, and what the journal has of them."""
    token = api.log_in(payer.username, platform.demo_password)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=platform.transaction_url, headers=headers, timeout=30) as http:
        answers = [http.post("/v1/transfers", json=PAYMENT, headers={"Idempotency-Key": key}) for key in keys]
    accounts = {account["id"] for account in api.accounts(token)}
    journal: list[JournalRecord] = list(api.journal(began_at))
    posted = accounting.posted_ids(journal, accounts)
    told = {answer.json()["id"] for answer in answers if answer.status_code == httpx.codes.CREATED}
    return Kept(len(keys), len(told & set(posted)), len(posted))


def _streams(platform: Platform) -> float:
    return metrics.total(platform, "notification-live", STREAMS)


def _opened(platform: Platform, wanted: float) -> list[str]:
    """Whether the live streams are open that nobody reads: else nothing would be proven of them."""
    deadline = time.monotonic() + OPEN_WITHIN_SECONDS
    while (found := _streams(platform)) < wanted and time.monotonic() < deadline:
        time.sleep(0.5)
    return [f"{found:g} live streams were open, {wanted:g} were asked for"] if found < wanted else []


def _left_behind(platform: Platform, before: float) -> list[str]:
    """Streams that nobody reads any more."""
    deadline = time.monotonic() + GIVEN_BACK_WITHIN_SECONDS
    while (left := _streams(platform) - before) > 0 and time.monotonic() < deadline:
        time.sleep(1)
    return [f"{left:g} live streams are still open for nobody"] if left > 0 else []

"""A transfer of one minor unit, sent as people do and followed until the payee could see it and the report counts it.

Two users of ours, whose `origin` is probe, pay each other alternately, so that neither runs out of money.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from typing import Any, Protocol

import structlog

from monitoring.metrics import ProbeMetrics
from monitoring.probe_doors import Accepted, LogIn, NoGoodAnswer, Refused
from monitoring.probe_result import IN_LAKE, NOTIFIED, Outcome, Probe
from service_kit.clock import Clock

log = structlog.get_logger(__name__)

USERNAMES = ("probe-a", "probe-b")
CURRENCY = "EUR"
BOTH_SIDES = 2
PATIENCE_SECONDS = 10.0
"""How long a stage is waited for: the promise is 5 s until notified and 10 s until reported."""
POLL_SECONDS = 0.1
RENEW_BEFORE_SECONDS = 30.0


class Doors(Protocol):
    """The services, as ProbeDoors has them."""

    def sign_up(self, username: str) -> None: ...

    def log_in(self, username: str) -> LogIn: ...

    def has_account(self, token: str) -> bool: ...

    def send(self, token: str, payee: str, currency: str, key: str) -> Accepted: ...

    def notifications(self, transfer_id: str) -> int: ...

    def is_in_lake(self, position: int) -> bool: ...


class Results(Protocol):
    """Keeps the last probes."""

    def add(self, result: dict[str, Any]) -> None: ...


class ProbeTransfers:
    """Sends a probe each period. A probe that goes wrong is a result, not a failed run."""

    name = "probe"

    def __init__(
        self,
        doors: Doors,
        results: Results,
        metrics: ProbeMetrics,
        clock: Clock,
        new_id: Callable[[], str],
        period_seconds: float,
    ) -> None:
        self.period_seconds = period_seconds
        self._doors = doors
        self._results = results
        self._metrics = metrics
        self._clock = clock
        self._new_id = new_id
        self._turns = cycle([USERNAMES, USERNAMES[::-1]])
        self._log_ins: dict[str, tuple[str, float]] = {}
        self._prepared = False

    def run_once(self) -> None:
        """Send one probe, wait until it has arrived everywhere or time is up, and tell how it went."""
        probe = self._probe()
        if probe.outcome is not Outcome.OK:
            log.warning("probe_not_ok", outcome=str(probe.outcome), detail=probe.detail, transfer_id=probe.transfer_id)
        self._metrics.probed(probe)
        self._results.add(probe.document())

    def _probe(self) -> Probe:
        probe = Probe(id=self._new_id(), at=self._clock.now(), outcome=Outcome.FAILED)
        payer, payee = next(self._turns)
        try:
            self._prepare()
            token = self._token(payer)
            began = self._clock.monotonic()
            accepted = self._doors.send(token, payee, CURRENCY, probe.id)
        except Refused as refusal:
            return replace(probe, outcome=Outcome.REFUSED, detail=f"the ledger refused: {refusal}")
        except NoGoodAnswer as error:
            # The token may be what was wrong: its session ends when somebody revokes it.
            self._log_ins.clear()
            return replace(probe, detail=str(error))
        probe = replace(probe, transfer_id=accepted.transfer_id, accepted_ms=self._since(began))
        return self._follow(probe, accepted, began)

    def _follow(self, probe: Probe, accepted: Accepted, began: float) -> Probe:
        """Wait for both sides' notifications and for the lake, whichever comes first."""
        there: dict[str, Callable[[], bool]] = {
            NOTIFIED: lambda: self._doors.notifications(accepted.transfer_id) >= BOTH_SIDES,
            IN_LAKE: lambda: self._doors.is_in_lake(accepted.position),
        }
        reached: dict[str, int] = {}
        deadline = self._clock.monotonic() + PATIENCE_SECONDS
        while True:
            troubles = []
            for stage in there.keys() - reached:
                try:
                    if there[stage]():
                        reached[stage] = self._since(began)
                except NoGoodAnswer as error:
                    troubles.append(str(error))
            over = self._clock.monotonic() >= deadline
            if over or len(reached) == len(there):
                probe = replace(probe, notified_ms=reached.get(NOTIFIED), in_lake_ms=reached.get(IN_LAKE))
                return _ended(probe, troubles)
            self._clock.sleep(POLL_SECONDS)

    def _prepare(self) -> None:
        """The two users and their accounts, once a process. Their accounts open a moment after the sign-up."""
        if self._prepared:
            return
        for username in USERNAMES:
            self._doors.sign_up(username)
        deadline = self._clock.monotonic() + PATIENCE_SECONDS
        while not all(self._doors.has_account(self._token(username)) for username in USERNAMES):
            if self._clock.monotonic() >= deadline:
                raise NoGoodAnswer("transaction: the probes' accounts are not open yet")
            self._clock.sleep(POLL_SECONDS)
        self._prepared = True

    def _token(self, username: str) -> str:
        token, renew_at = self._log_ins.get(username, ("", float("-inf")))
        now = self._clock.monotonic()
        if now >= renew_at:
            log_in = self._doors.log_in(username)
            token = log_in.token
            self._log_ins[username] = (token, now + log_in.seconds - RENEW_BEFORE_SECONDS)
        return token

    def _since(self, began: float) -> int:
        return round((self._clock.monotonic() - began) * 1000)


def _ended(probe: Probe, troubles: list[str]) -> Probe:
    places = {"both inboxes": probe.notified_ms, "the lake": probe.in_lake_ms}
    missing = [place for place, reached in places.items() if reached is None]
    if not missing:
        return replace(probe, outcome=Outcome.OK)
    detail = "; ".join([f"not in {' and '.join(missing)} within {PATIENCE_SECONDS:g} s", *sorted(troubles)])
    return replace(probe, outcome=Outcome.FAILED if troubles else Outcome.LATE, detail=detail)

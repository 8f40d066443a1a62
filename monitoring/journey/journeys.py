"""Whose journey may be seen, and how it is put together from its sources."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Protocol

from flask_babel import lazy_gettext as _

from contracts.access_token import STAFF_ROLES, Scope
from monitoring.asking import Asker, Question, SourceAway
from monitoring.journey.stages import Decided, Finding, Journey, State, journey_of
from service_kit.principal import Principal

WITHIN_SECONDS = 3.0
REMEMBERED = 2_000


class Records(Protocol):
    """As LedgerRecords."""

    def find(self, transfer_id: str) -> Decided | None: ...


class Source(Protocol):
    """Knows some stages of any transfer."""

    @property
    def source(self) -> str:
        """Its name, for a person's eye."""

    @property
    def stages(self) -> tuple[str, ...]:
        """Those that it knows."""

    def find(self, transfer: Decided) -> Mapping[str, Finding]:
        """A finding for each of `stages`, within WITHIN_SECONDS; raises SourceAway."""


class Journeys:
    """Follows transfers. What a source has said finally is remembered, so that it is asked once. Thread-safe."""

    def __init__(self, records: Records, sources: Sequence[Source], asker: Asker) -> None:
        self._records = records
        self._sources = sources
        self._asker = asker
        self._remembered: OrderedDict[tuple[str, str], Mapping[str, Finding]] = OrderedDict()
        self._lock = threading.Lock()

    def follow(self, transfer_id: str, who: Principal) -> Journey | None:
        """The journey; None where there is no such transfer or `who` may not see it: which of the two is not told.

        Raises:
            PyMongoError: the ledger's database is away, so that nobody can say whose transfer it is.
        """
        transfer = self._records.find(transfer_id)
        if transfer is None or not may_see(who, transfer):
            return None
        findings: dict[str, Finding] = _from_the_record(transfer)
        asked = {}
        for source in self._sources:
            known = self._recall(transfer.transfer_id, source)
            if known is not None:
                findings |= known
            else:
                asked[source.source + source.stages[0]] = source
        questions = {
            name: Question(source.source, lambda source=source: source.find(transfer))  # type: ignore[misc]
            for name, source in asked.items()
        }
        for name, answer in self._asker.ask(questions, WITHIN_SECONDS).items():
            findings |= self._understood(transfer, asked[name], answer)
        return journey_of(transfer, findings)

    def _understood(
        self, transfer: Decided, source: Source, answer: Mapping[str, Finding] | SourceAway
    ) -> Mapping[str, Finding]:
        if isinstance(answer, SourceAway):
            why = _("not known: %(source)s: %(reason)s", source=answer.source, reason=answer.reason)
            return {stage: Finding(State.UNKNOWN, detail=why) for stage in source.stages}
        if all(finding.is_final for finding in answer.values()):
            self._remember(transfer.transfer_id, source, answer)
        return answer

    def _recall(self, transfer_id: str, source: Source) -> Mapping[str, Finding] | None:
        with self._lock:
            return self._remembered.get((transfer_id, source.stages[0]))

    def _remember(self, transfer_id: str, source: Source, answer: Mapping[str, Finding]) -> None:
        with self._lock:
            self._remembered[transfer_id, source.stages[0]] = answer
            while len(self._remembered) > REMEMBERED * len(self._sources):
                self._remembered.popitem(last=False)


def may_see(who: Principal, transfer: Decided) -> bool:
    """Its parties, the staff, and services that watch the pipeline."""
    is_staff = not STAFF_ROLES.isdisjoint(who.roles)
    return is_staff or Scope.PIPELINE_READ in who.scopes or transfer.involves(who.user_id)


def _from_the_record(transfer: Decided) -> dict[str, Finding]:
    requested = transfer.requested_at
    if requested is not None:
        begin = Finding(State.DONE, requested, _("the time in the transfer's number"))
    else:
        begin = Finding(State.NOT_KEPT, detail=_("a sign-up gift: the platform gives it by itself"))
    decided = Finding(
        State.DONE, transfer.at, _("position %(position)s of the journal", position=f"{transfer.position:,}")
    )
    return {"requested": begin, "decided": decided}

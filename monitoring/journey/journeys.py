"""Whose journey may be seen, and how it is put together from its sources."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol

from flask_babel import lazy_gettext as _

from contracts.access_token import STAFF_ROLES, Scope
from monitoring.asking import Asker, Question, SourceAway
from monitoring.journey.stages import Decided, Finding, Journey, Sending, State, Transfer, step_of
from service_kit.principal import Principal

WITHIN_SECONDS = 3.0
REMEMBERED = 2_000
GRANT = "grant"


class Records(Protocol):
    """As LedgerRecords."""

    def find(self, transfer_id: str) -> Transfer | None: ...

    def transfer_at(self, position: int) -> str | None: ...


class TraceSource(Protocol):
    """As Traces."""

    def position(self, trace_id: str) -> int | None: ...


class Source(Protocol):
    """Knows some stages of any record."""

    @property
    def source(self) -> str:
        """Its name, for a person's eye."""

    @property
    def stages(self) -> tuple[str, ...]:
        """Those that it knows."""

    def find(self, decided: Decided) -> Mapping[str, Finding]:
        """A finding for each of `stages`, within WITHIN_SECONDS; raises SourceAway."""


class SendingSource(Protocol):
    """As Sendings."""

    @property
    def source(self) -> str: ...

    def of(self, record: Decided) -> tuple[Sending, ...]: ...


Place = tuple[str, str]
"""A record by its event's id, and the first stage that a source knows of it, or SENT."""
SENT = "sent"


class Journeys:
    """Follows transfers. What a source has said finally is remembered, so that it is asked once. Thread-safe."""

    def __init__(
        self, records: Records, sources: Sequence[Source], sendings: SendingSource, traces: TraceSource, asker: Asker
    ) -> None:
        self._records = records
        self._sources = sources
        self._sendings = sendings
        self._traces = traces
        self._asker = asker
        self._remembered: OrderedDict[Place, Mapping[str, Finding]] = OrderedDict()
        self._lock = threading.Lock()

    def follow(self, transfer_id: str, who: Principal) -> Journey | None:
        """The journey; None where there is no such transfer or `who` may not see it: which of the two is not told.

        Raises:
            PyMongoError: the ledger's database is away, so that nobody can say whose transfer it is.
        """
        transfer = self._records.find(transfer_id)
        if transfer is not None and not _sees_all(who):
            transfer = transfer.seen_by(who.user_id)
        if transfer is None:
            return None
        found = {record.event_id: _from_the_record(record) for record in transfer.records}
        asked: dict[Place, tuple[Source, Decided]] = {}
        for record in transfer.records:
            for source in self._sources:
                place = (record.event_id, source.stages[0])
                known = self._recall(place)
                if known is None:
                    asked[place] = (source, record)
                else:
                    found[record.event_id] |= known
        questions = {
            place: Question(source.source, partial(source.find, record)) for place, (source, record) in asked.items()
        }
        for record in transfer.records:
            sent = partial(self._sendings.of, record)
            questions[record.event_id, SENT] = Question(self._sendings.source, sent)
        answers = self._asker.ask(questions, WITHIN_SECONDS)
        for place, (source, _record) in asked.items():
            found[place[0]] |= self._understood(place, source, answers[place])
        return Journey(
            transfer,
            tuple(
                step_of(record, found[record.event_id], _seen(answers[record.event_id, SENT], who))
                for record in transfer.records
            ),
        )

    def follow_trace(self, trace_id: str, who: Principal) -> Journey | None:
        """The journey of the transfer that a kept trace is about; None as `follow`.

        Raises:
            SourceAway: Zipkin could not be asked.
            PyMongoError: as `follow`.
        """
        position = self._traces.position(trace_id)
        transfer_id = None if position is None else self._records.transfer_at(position)
        return None if transfer_id is None else self.follow(transfer_id, who)

    def _understood(
        self, place: Place, source: Source, answer: Mapping[str, Finding] | SourceAway
    ) -> Mapping[str, Finding]:
        if isinstance(answer, SourceAway):
            why = _("not known: %(source)s: %(reason)s", source=answer.source, reason=answer.reason)
            return {stage: Finding(State.UNKNOWN, detail=why) for stage in source.stages}
        if all(finding.is_final for finding in answer.values()):
            self._remember(place, answer)
        return answer

    def _recall(self, place: Place) -> Mapping[str, Finding] | None:
        with self._lock:
            return self._remembered.get(place)

    def _remember(self, place: Place, answer: Mapping[str, Finding]) -> None:
        with self._lock:
            self._remembered[place] = answer
            while len(self._remembered) > REMEMBERED * len(self._sources):
                self._remembered.popitem(last=False)


def _sees_all(who: Principal) -> bool:
    """The staff, and services that watch the pipeline; others see what they are a party to."""
    return not STAFF_ROLES.isdisjoint(who.roles) or Scope.PIPELINE_READ in who.scopes


def _seen(sent: tuple[Sending, ...] | SourceAway, who: Principal) -> tuple[Sending, ...] | None:
    """Which ways somebody wants to be told by is nobody's business but theirs and the staff's."""
    if isinstance(sent, SourceAway):
        return None
    return tuple(each for each in sent if _sees_all(who) or each.user_id == who.user_id)


def _from_the_record(record: Decided) -> dict[str, Finding]:
    requested = record.requested_at
    if requested is not None:
        begin = Finding(State.DONE, requested, _("the time in the request's number"))
    elif record.kind == GRANT:
        begin = Finding(State.NOT_KEPT, detail=_("a sign-up gift: the platform gives it by itself"))
    else:
        begin = Finding(State.NOT_KEPT, detail=_("its moment had come: the platform does it by itself"))
    decided = Finding(State.DONE, record.at, _("position %(position)s of the journal", position=f"{record.position:,}"))
    return {"requested": begin, "decided": decided}

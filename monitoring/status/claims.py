"""What the platform promises, and whether it holds now: a pure function of figures and the audit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from flask_babel import lazy_gettext as _

from monitoring.slo.declared import Slo, declared_slos
from monitoring.slo.rules import TOLD_OVER
from monitoring.status.figures import Figures
from monitoring.status.results import STAGES, Audit

AUDIT_STALE_SECONDS = 60
WAITING = {"notified_in_time": ("notification-consumer", 5), "in_lake_in_time": ("analytics-ingester", 10)}
"""Whose work a promise is about, and how many seconds may pass. A consumer that stands still is late with nothing that
it finished, so what waits for it counts too."""
MISSING_SECONDS = 60
"""What is missing for less is on its way."""


class Holds(StrEnum):
    """Whether a claim holds; IDLE: nothing happened lately that could break it; UNKNOWN: it could not be measured."""

    YES = "yes"
    NO = "no"
    IDLE = "idle"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Claim:
    """One promise with its figure now. `figure` is a share (0 to 1), or a count that must be 0.

    `budget_left`: of what may go wrong within the promise's window of days, the share that has not; below 0: more has.
    `over`: how it was kept over longer spans ("1h", "1d", "90d"), as far as anybody remembers, each a share.
    """

    name: str
    promise: str
    title: str
    target: str
    holds: Holds
    figure: float | None
    detail: str
    budget_left: float | None = None
    over: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """All claims in one word and one line."""

    holds: Holds
    text: str


NOT_MEASURED = _("not measured right now")


def claims(figures: Figures | None, audit: Audit | None, now: datetime) -> list[Claim]:
    """The claims in the order of the page. `figures` or `audit` None: the source could not be asked."""
    return [
        *(_budgeted(figures, slo) for slo in declared_slos()),
        _money(audit, now),
        _faults(audit, now),
        _reconciled(figures),
    ]


def verdict(claims: Sequence[Claim]) -> Verdict:
    """What a visitor wants to know first."""
    broken = [claim for claim in claims if claim.holds is Holds.NO]
    unknown = [claim for claim in claims if claim.holds is Holds.UNKNOWN]
    if broken:
        names = ", ".join(str(claim.title) for claim in broken)
        return Verdict(Holds.NO, _("Not as promised: %(names)s", names=names))
    if len(unknown) == len(claims):
        return Verdict(Holds.UNKNOWN, _("Nothing could be measured right now"))
    if unknown:
        return Verdict(Holds.UNKNOWN, _("No claim is broken; not all could be measured"))
    return Verdict(Holds.YES, _("All claims hold"))


def _budgeted(figures: Figures | None, slo: Slo) -> Claim:
    kept = _share(figures, slo)
    group, seconds = WAITING.get(slo.name, ("", 0))
    waiting = figures.worst("kafka_consumer_lag_seconds", group=group) if figures else None
    if waiting is None or waiting <= seconds:
        return kept
    return replace(kept, holds=Holds.NO, detail=_("the oldest one has waited for %(s)s s", s=round(waiting)))


def _share(figures: Figures | None, slo: Slo) -> Claim:
    claim = Claim(slo.name, slo.promise, _(slo.title), f"{slo.objective}%", Holds.UNKNOWN, None, NOT_MEASURED)
    if figures is None:
        return claim
    figure = figures.one(slo.name)
    known = {labels["over"]: value for labels, value in figures.each("slo:good:ratio", slo=slo.name)}
    over = {span: known[span] for span in TOLD_OVER if span in known}
    claim = replace(claim, budget_left=figures.one(f"{slo.name}_budget"), over=over)
    if figure is None:
        return replace(claim, holds=Holds.IDLE, detail=_("nothing to measure in 5 minutes"))
    holds = Holds.YES if figure >= slo.target else Holds.NO
    return replace(claim, holds=holds, figure=figure, detail=_("of the last 5 minutes"))


def _money(audit: Audit | None, now: datetime) -> Claim:
    def created(found: Audit) -> int:
        return sum(abs(amount) for amount in found.currencies.values())

    return _audited("money_created", _("Money created"), audit, now, created)


def _faults(audit: Audit | None, now: datetime) -> Claim:
    """Drift, gaps, broken chains, negative accounts."""
    return _audited("drift", _("Faults in the ledger"), audit, now, lambda found: found.faults)


def _audited(name: str, title: str, audit: Audit | None, now: datetime, count: Callable[[Audit], int]) -> Claim:
    zero = "0"
    if audit is None:
        return Claim(name, "correctness", title, zero, Holds.UNKNOWN, None, NOT_MEASURED)
    figure, age = count(audit), (now - audit.at).total_seconds()
    if figure:
        return Claim(name, "correctness", title, zero, Holds.NO, figure, _("must be 0"))
    if age > AUDIT_STALE_SECONDS:
        stale = _("not audited for %(s)s s", s=round(age))
        return Claim(name, "correctness", title, zero, Holds.UNKNOWN, figure, stale)
    detail = _("up to position %(position)s", position=f"{audit.position:,}")
    return Claim(name, "correctness", title, zero, Holds.YES, figure, detail)


def _reconciled(figures: Figures | None) -> Claim:
    title, zero = _("Missing on the way"), "0"
    stages = [(stage, figures.worst("reconciliation_missing", stage=stage)) for stage in STAGES] if figures else []
    known = [(stage, count) for stage, count in stages if count is not None]
    if figures is None or len(known) < len(STAGES):
        return Claim("missing", "correctness", title, zero, Holds.UNKNOWN, None, NOT_MEASURED)
    late = {stage: count for stage, count in known if count > 0 and _missing_seconds(figures, stage) > MISSING_SECONDS}
    if late:
        told = ", ".join(f"{stage} {count:g}" for stage, count in late.items())
        return Claim("missing", "correctness", title, zero, Holds.NO, sum(late.values()), told)
    return Claim("missing", "correctness", title, zero, Holds.YES, 0, _("older than 60 s, in any stage"))


def _missing_seconds(figures: Figures, stage: str) -> float:
    return figures.worst("reconciliation_oldest_missing_age_seconds", stage=stage) or 0

"""Status and journey as JSON documents, as openapi.yaml describes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contracts.moments import rfc3339
from monitoring.alertmanager_api import Alert
from monitoring.journey.stages import Decided, Journey, Sending, Step
from monitoring.runbooks import Runbooks
from monitoring.status.board import Status
from monitoring.status.claims import Claim, Holds
from monitoring.status.incidents import Incident
from monitoring.status.pipeline import Hop
from monitoring.status.processes import Process
from monitoring.status.results import Audit, Minute, Probe
from service_kit.tracing import is_sampled


def status_document(status: Status, runbooks: Runbooks) -> dict[str, Any]:
    """GET /v1/status: nothing that belongs to a person."""
    return {
        "at": rfc3339(status.at),
        "verdict": {"holds": _holds(status.verdict.holds), "text": str(status.verdict.text)},
        "claims": [_claim(claim) for claim in status.claims],
        "pipeline": _each(status.pipeline, _hop),
        "processes": _each(status.processes, _process),
        "alerting_works": status.alerting_works,
        "alerts": _each(status.alerts, lambda alert: _alert(alert, runbooks)),
        "incidents": _each(status.incidents, lambda incident: _incident(incident, status.at, runbooks)),
        "audit": _audit(status.audit) if status.audit else None,
        "probes": _each(status.probes, _probe),
        "reconciliation": _each(status.reconciliation, _minute),
        "unavailable": [{"source": away.source, "reason": str(away.reason)} for away in status.away],
    }


def journey_document(journey: Journey, zipkin_url: str) -> dict[str, Any]:
    """GET /v1/journeys/<transfer_id>."""
    last = journey.transfer.last
    return {
        "transfer_id": last.transfer_id,
        "type": last.kind,
        "status": last.status,
        "ends_at": _if_known(last.ends_at),
        "original": last.original,
        "complete": journey.complete,
        "steps": [_step(step, zipkin_url) for step in journey.steps],
        "about": [
            {"transfer_id": each.transfer_id, "type": each.kind, "status": each.status, "at": rfc3339(each.at)}
            for each in journey.transfer.about
        ],
    }


def trace_url(record: Decided, zipkin_url: str) -> str | None:
    """Where a record's trace can be looked at; None where it was not kept."""
    traceparent = record.traceparent
    if traceparent is None or not is_sampled(traceparent):
        return None
    return f"{zipkin_url}/traces/{traceparent.split('-')[1]}"


def _if_known(at: datetime | None) -> str | None:
    return rfc3339(at) if at else None


def _step(step: Step, zipkin_url: str) -> dict[str, Any]:
    record = step.record
    return {
        "position": record.position,
        "event_id": record.event_id,
        "status": record.status,
        "at": rfc3339(record.at),
        "complete": step.complete,
        "stages": [
            {
                "name": stage.name,
                "state": stage.state,
                "at": _if_known(stage.at),
                "after_ms": stage.after_ms,
                "hop_ms": stage.hop_ms,
                "since": _if_known(stage.since),
                "detail": stage.detail,
            }
            for stage in step.stages
        ],
        "sent": _each(step.sent, _sending),
        "trace_url": trace_url(record, zipkin_url),
    }


def _sending(sending: Sending) -> dict[str, Any]:
    return {
        "user_id": sending.user_id,
        "channel": sending.channel,
        "state": sending.state,
        "attempts": sending.attempts,
        "last_attempt_at": _if_known(sending.at),
        "last_outcome": sending.outcome,
        "last_status": sending.status,
        "next_attempt_at": _if_known(sending.next_at),
    }


def _each(found: Any, write: Any) -> list[dict[str, Any]] | None:
    return None if found is None else [write(each) for each in found]


def _holds(holds: Holds) -> bool | None:
    return {Holds.YES: True, Holds.IDLE: True, Holds.NO: False}.get(holds)


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "name": claim.name,
        "promise": claim.promise,
        "title": str(claim.title),
        "target": str(claim.target),
        "state": claim.holds,
        "figure": claim.figure,
        "detail": str(claim.detail),
        "budget_left": claim.budget_left,
        "over": dict(claim.over),
    }


def _hop(hop: Hop) -> dict[str, Any]:
    return {
        "name": hop.name,
        "p50_seconds": hop.p50,
        "p99_seconds": hop.p99,
        "waiting": hop.waiting,
        "lag_seconds": hop.lag,
    }


def _process(process: Process) -> dict[str, Any]:
    return {"name": process.name, "service": process.service, "up": process.up, "running_seconds": process.seconds}


def _alert(alert: Alert, runbooks: Runbooks) -> dict[str, Any]:
    told = alert.for_everybody()
    return {
        "name": told.name,
        "severity": told.severity,
        "summary": told.summary,
        "since": rfc3339(told.since),
        "runbook_url": runbooks.url_of(told.runbook_url),
    }


def _incident(incident: Incident, now: datetime, runbooks: Runbooks) -> dict[str, Any]:
    return {
        "name": incident.name,
        "severity": incident.severity,
        "process": incident.process or None,
        "symptom": runbooks.symptom(incident.name),
        "since": rfc3339(incident.since),
        "until": _if_known(incident.until),
        "seconds": round(incident.seconds(now)),
        "runbook_url": runbooks.page_url(incident.name),
    }


def _audit(audit: Audit) -> dict[str, Any]:
    kinds: dict[str, int] = {}
    for breach in audit.breaches:
        kinds[breach.kind] = kinds.get(breach.kind, 0) + 1
    currencies: Mapping[str, int] = dict(audit.currencies)
    return {
        "at": rfc3339(audit.at),
        "position": audit.position,
        "accounts": audit.accounts,
        "currencies": currencies,
        "breaches": kinds,
        "faults": audit.faults,
    }


def _probe(probe: Probe) -> dict[str, Any]:
    return {
        "at": rfc3339(probe.at),
        "outcome": probe.outcome,
        "accepted_ms": probe.accepted_ms,
        "notified_ms": probe.notified_ms,
        "in_lake_ms": probe.in_lake_ms,
    }


def _minute(minute: Minute) -> dict[str, Any]:
    return {
        "minute": rfc3339(minute.minute),
        "positions": minute.positions,
        "expected": dict(minute.expected),
        "found": dict(minute.found),
        "settled": minute.settled,
        "repaired": dict(minute.repaired),
    }

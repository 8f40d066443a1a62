"""What the auditor has written down: the ledger's audit, the probes, the reconciliation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pymongo
from flask_babel import lazy_gettext as _
from pymongo.database import Database
from pymongo.errors import PyMongoError

from monitoring.asking import SourceAway

SOURCE = "MongoDB"
SECONDS = 1.0
PROBES = 8
T = TypeVar("T")

ON_ITS_WAY = timedelta(minutes=2)
"""A minute that began less than this ago may still lack something: the minute itself and one more."""
MINUTES = 60
STAGES = ("published", "notified", "in_lake")


@dataclass(frozen=True)
class Breach:
    """Something in the ledger that must not be. Only staff is told `account`."""

    kind: str
    account: str | None
    position: int | None
    expected: str
    found: str
    first_seen_at: datetime


@dataclass(frozen=True)
class Audit:
    """The last audit: `currencies` is the sum over all accounts, in minor units, each of which must be 0.

    `faults` counts the accounts and records that are not as they must be; `breaches` names the first few of them.
    """

    at: datetime
    position: int
    accounts: int
    currencies: Mapping[str, int]
    breaches: tuple[Breach, ...] = ()
    faults: int = 0


@dataclass(frozen=True)
class Probe:
    """A transfer that the platform sent to itself; the times are milliseconds after it was sent."""

    at: datetime
    outcome: str
    accepted_ms: int | None
    notified_ms: int | None
    in_lake_ms: int | None
    transfer_id: str | None
    detail: str | None


@dataclass(frozen=True)
class Minute:
    """What one minute of the journal should have led to, by stage, and what was found.

    `repaired`: how many positions were published again for a stage.
    """

    minute: datetime
    positions: int
    expected: Mapping[str, int]
    found: Mapping[str, int]
    settled: bool
    repaired: Mapping[str, int] = field(default_factory=dict)

    def missing(self, stage: str) -> int:
        """How many are not there; negative where there are too many."""
        return self.expected.get(stage, 0) - self.found.get(stage, 0)

    def tone(self, stage: str, now: datetime) -> str:
        """ "good", "pending" (some are on their way still), "bad" (missing for too long, or too many)."""
        missing = self.missing(stage)
        if missing == 0:
            return "good"
        return "pending" if missing > 0 and now - self.minute < ON_ITS_WAY else "bad"


class Results:
    """Reads the collections `audit`, `probes` and `reconciliation`. Every method raises SourceAway."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._database = database

    def audit(self) -> Audit | None:
        """The last audit; None before the first."""
        document = _ask(lambda: self._database["audit"].find_one({"_id": "latest"}))
        return _audit(document) if document else None

    def probes(self) -> list[Probe]:
        """The last few, latest first."""
        found = _ask(lambda: list(self._database["probes"].find().sort("at", pymongo.DESCENDING).limit(PROBES)))
        return [_probe(document) for document in found]

    def reconciliation(self, since: datetime) -> list[Minute]:
        """The minutes from `since` on that the journal grew in, in order."""
        query = {"_id": {"$gte": since - timedelta(minutes=1)}}
        found = _ask(lambda: list(self._database["reconciliation"].find(query).sort("_id", pymongo.ASCENDING)))
        return [_minute(document) for document in found]


def _ask(read: Callable[[], T]) -> T:
    try:
        with pymongo.timeout(SECONDS):
            return read()
    except PyMongoError as error:
        raise SourceAway(SOURCE, _("no answer")) from error


_COUNTED = ("drifted_accounts", "negative_accounts", "chain_broken_accounts", "missing_records")


def _audit(document: dict[str, Any]) -> Audit:
    return Audit(
        at=document["at"],
        position=document["position"],
        accounts=document["accounts"],
        currencies=document["currencies"],
        breaches=tuple(
            Breach(
                kind=breach["kind"],
                account=breach.get("account"),
                position=breach.get("position"),
                expected=str(breach.get("expected")),
                found=str(breach.get("found")),
                first_seen_at=breach["first_seen_at"],
            )
            for breach in document["breaches"]
        ),
        faults=max(len(document["breaches"]), sum(document.get(counted, 0) for counted in _COUNTED)),
    )


def _probe(document: dict[str, Any]) -> Probe:
    return Probe(
        at=document["at"],
        outcome=document["outcome"],
        accepted_ms=document.get("accepted_ms"),
        notified_ms=document.get("notified_ms"),
        in_lake_ms=document.get("in_lake_ms"),
        transfer_id=document.get("transfer_id"),
        detail=document.get("detail"),
    )


def _minute(document: dict[str, Any]) -> Minute:
    return Minute(
        minute=document["_id"],
        positions=document["upto"] - document["after"],
        expected=document["expected"],
        found=document["found"],
        settled=document.get("settled_at") is not None,
        repaired={stage: each["ordered"] for stage, each in document.get("repairs", {}).items()},
    )


def last_hour(found: Sequence[Minute], now: datetime) -> list[Minute | None]:
    """MINUTES places, the present minute last; None where the journal did not grow."""
    by_minute = {minute.minute: minute for minute in found}
    this = now.replace(second=0, microsecond=0)
    return [by_minute.get(this - timedelta(minutes=ago)) for ago in range(MINUTES - 1, -1, -1)]


def totals(found: Sequence[Minute]) -> dict[str, tuple[int, int]]:
    """For each stage how many were found, and how many were expected."""
    return {
        stage: (sum(each.found.get(stage, 0) for each in found), sum(each.expected.get(stage, 0) for each in found))
        for stage in STAGES
    }

"""What the services' answers say, as far as benchmarks, drills and the demo compare it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from contracts.notices import notices

EXECUTED = ("transfer.posted", "transfer.rejected")
"""What becomes of a scheduled transfer when its moment has come."""


@dataclass(frozen=True)
class Summary:
    """The ledger's own figures; ``totals``: the sum over all accounts by currency, each of which must be 0.

    ``head`` is the journal's last position, ``published`` the relay's; a service without a journal has neither.
    """

    posted: int
    rejected: int
    totals: dict[str, int]
    head: int = 0
    published: int = 0

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Summary":
        """From the answer of GET /v1/ledger/summary."""
        return cls(**{field.name: body[field.name] for field in fields(cls) if field.name in body})


@dataclass(frozen=True)
class JournalRecord:
    """One position of the journal. ``kind``: the type of its event.

    ``payer`` is a username, empty where there is none; ``parts`` are what each payee gets, in minor units; ``unasked``:
    the platform did it by itself when its moment came (a hold ran out, a scheduled transfer was decided); ``told``:
    whom it concerns, by username, with the kind of notification that is due; ``moves``: what each account got or gave.
    """

    position: int
    kind: str
    event_id: str
    transfer_id: str = ""
    transfer_type: str = ""
    payer_account: str = ""
    payer: str = ""
    status: str = ""
    parts: tuple[int, ...] = ()
    unasked: bool = False
    told: Mapping[str, str] = field(default_factory=dict)
    moves: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "JournalRecord":
        """From a record of GET /v1/journal."""
        position, kind, event_id, body = record["position"], record["type"], record["event_id"], record["body"]
        told = notices(kind, body.get("account", body), "username")
        if "account" in body:
            return cls(position, kind, event_id, told=told)
        return cls(
            position=position,
            kind=kind,
            event_id=event_id,
            transfer_id=body["id"],
            transfer_type=body["type"],
            payer_account=body["payer"]["account"],
            payer=body["payer"]["username"] or "",
            status=body["status"],
            parts=tuple(payee["amount"] for payee in body["payees"]),
            unasked=kind == "transfer.expired" or ("execute_at" in body and kind in EXECUTED),
            told=told,
            moves=_moves(record["entries"]),
        )


def _moves(entries: Iterable[Mapping[str, Any]]) -> Mapping[str, int]:
    sums = Counter[str]()
    for entry in entries:
        sums[entry["account"]] += entry["amount"]
    return sums


@dataclass(frozen=True)
class Notice:
    """A notification in somebody's inbox; ``kind`` as ``contracts.notices`` has it."""

    position: int
    kind: str
    transfer_id: str | None


@dataclass(frozen=True)
class LakeRow:
    """What one payee got, or was to get, by a record of a transfer, as the lake has it; ``status``: the transfer's."""

    position: int
    transfer_id: str
    status: str
    amount: int


@dataclass(frozen=True)
class LakeCoverage:
    """``positions`` that the lake holds, and the ``rows`` of its files about them, opened accounts' too."""

    positions: int
    rows: int

"""What the services' answers say, as far as benchmarks, drills and the demo compare it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


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
    """One position of the journal. ``kind``: ``account.opened``, ``transfer.posted`` or ``transfer.rejected``.

    ``payer`` and ``payee`` are usernames, empty where there is none; ``amount`` is in minor units.
    """

    position: int
    kind: str
    event_id: str
    transfer_id: str = ""
    transfer_type: str = ""
    payer_account: str = ""
    payer: str = ""
    payee: str = ""
    amount: int = 0

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "JournalRecord":
        """From a record of GET /v1/journal."""
        position, kind, event_id = record["position"], record["type"], record["event_id"]
        if kind == "account.opened":
            return cls(position, kind, event_id)
        transfer = record["body"]
        return cls(
            position=position,
            kind=kind,
            event_id=event_id,
            transfer_id=transfer["id"],
            transfer_type=transfer["type"],
            payer_account=transfer["payer"]["account"],
            payer=transfer["payer"]["username"] or "",
            payee=transfer["payee"]["username"] or "",
            amount=transfer["amount"],
        )


@dataclass(frozen=True)
class Notice:
    """A notification in somebody's inbox. ``kind``: ``transfer.sent``, ``transfer.received``, ``transfer.rejected``."""

    position: int
    kind: str
    transfer_id: str


@dataclass(frozen=True)
class LakeRow:
    """A transfer as the lake has it; ``status``: ``posted`` or ``rejected``."""

    position: int
    transfer_id: str
    status: str
    amount: int


@dataclass(frozen=True)
class LakeCoverage:
    """``positions`` that the lake holds, and the ``rows`` of its files about them, opened accounts' too."""

    positions: int
    rows: int

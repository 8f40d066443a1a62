"""What the ledger says (answers) and what it writes down (journal records and their events)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from transaction_service.domain.account import Entry


class Outcome(StrEnum):
    """How a command ended. The first three are decisions and stand in the journal; the rest decided nothing."""

    OPENED = "opened"
    POSTED = "posted"
    REJECTED = "rejected"
    KEY_REUSED = "key_reused"
    NO_ACCOUNT = "no_account"
    NOT_YOUR_ACCOUNT = "not_your_account"


class Reason(StrEnum):
    """Why a transfer was rejected; stable, told to callers and consumers."""

    INSUFFICIENT_FUNDS = "insufficient_funds"
    UNKNOWN_PAYEE = "unknown_payee"
    CURRENCY_MISMATCH = "currency_mismatch"
    SAME_ACCOUNT = "same_account"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller of one command is told. `replayed` means: decided before, by an earlier call with this key."""

    outcome: Outcome
    body: dict[str, Any]
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One decided command: a document of the journal. `at` is UTC, to the millisecond.

    `parties` are the accounts in whose history it appears; `event` is the value published for it, final.
    """

    position: int
    at: datetime
    command_id: str
    key: str
    fingerprint: str
    answer: Answer
    parties: tuple[str, ...]
    entries: tuple[Entry, ...]
    event: dict[str, Any]
    partition_key: str
    transfer: dict[str, Any] | None = None
    traceparent: str | None = None


def rfc3339(at: datetime) -> str:
    """UTC with milliseconds and a Z, the one form of time in every answer and event."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"

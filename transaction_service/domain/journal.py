"""What the ledger says (answers) and what it writes down (journal records and their events)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from transaction_service.domain.account import Entry, PendingChange
from transaction_service.domain.rules import LATEST


class Outcome(StrEnum):
    """How a command ended. Those of DECISIONS stand in the journal; the rest decided nothing and used no key."""

    OPENED = "opened"
    FROZEN = "frozen"
    UNFROZEN = "unfrozen"
    CLOSED = "closed"
    LIMITS_CHANGED = "limits_changed"
    SCHEDULED = "scheduled"
    PENDING = "pending"
    POSTED = "posted"
    CAPTURED = "captured"
    VOIDED = "voided"
    EXPIRED = "expired"
    REJECTED = "rejected"
    REFUNDED = "refunded"

    KEY_REUSED = "key_reused"
    NO_ACCOUNT = "no_account"
    NOT_YOUR_ACCOUNT = "not_your_account"
    OWN_ACCOUNT = "own_account"
    UNKNOWN_TRANSFER = "unknown_transfer"
    UNKNOWN_ACCOUNT = "unknown_account"
    ACCOUNT_NOT_EMPTY = "account_not_empty"
    ACCOUNT_IS_MAIN = "account_is_main"
    ACCOUNT_CLOSED = "account_closed"
    TOO_MANY_ACCOUNTS = "too_many_accounts"
    NOT_DUE = "not_due"


ACCOUNT_DECISIONS = (Outcome.OPENED, Outcome.FROZEN, Outcome.UNFROZEN, Outcome.CLOSED, Outcome.LIMITS_CHANGED)
TRANSFER_DECISIONS = (
    Outcome.SCHEDULED,
    Outcome.PENDING,
    Outcome.POSTED,
    Outcome.CAPTURED,
    Outcome.VOIDED,
    Outcome.EXPIRED,
    Outcome.REJECTED,
    Outcome.REFUNDED,
)
DECISIONS = (*ACCOUNT_DECISIONS, *TRANSFER_DECISIONS)
ACCEPTED = (Outcome.POSTED, Outcome.PENDING, Outcome.SCHEDULED)
"""What a new transfer becomes when it isn't refused."""


def event_type(outcome: str) -> str:
    """The type of the event that tells of a decision; a capture posts what was held."""
    if outcome in ACCOUNT_DECISIONS:
        return f"account.{outcome}"
    return f"transfer.{Outcome.POSTED if outcome == Outcome.CAPTURED else outcome}"


class Reason(StrEnum):
    """Why a transfer was rejected; stable, told to callers and consumers."""

    INSUFFICIENT_FUNDS = "insufficient_funds"
    UNKNOWN_PAYEE = "unknown_payee"
    CURRENCY_MISMATCH = "currency_mismatch"
    SAME_ACCOUNT = "same_account"
    LIMIT_EXCEEDED = "limit_exceeded"
    ACCOUNT_FROZEN = "account_frozen"
    ACCOUNT_CLOSED = "account_closed"
    PAYEE_UNAVAILABLE = "payee_unavailable"
    PAYEE_NOT_NAMED = "payee_not_named"
    NOT_PENDING = "not_pending"
    NOT_REFUNDABLE = "not_refundable"
    EXCEEDS_HOLD = "exceeds_hold"
    EXCEEDS_PAID = "exceeds_paid"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller of one command is told. `replayed` means: decided before, by an earlier call with this key."""

    outcome: Outcome
    body: dict[str, Any]
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One decided command: a document of the journal. `at` is UTC, to the millisecond.

    `parties` are the accounts in whose history it appears; `event` is the value published for it, final. `of` is the
    transfer that a record is about when it isn't that transfer's first; `original` the one that a refund corrects.
    `actor` is who asked, with the role: what the limits went by, and what an audit asks first. `by_account` are the
    payees' accounts where they were asked for by account, so that the record can be decided again; `rules` says by
    which rules it was.
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
    traceparent: str | None = None
    of: str | None = None
    original: str | None = None
    pending: tuple[PendingChange, ...] = ()
    actor: Mapping[str, str | None] | None = None
    by_account: tuple[str | None, ...] | None = None
    rules: int = LATEST

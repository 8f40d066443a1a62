"""The ledger's rules, pure: no I/O, no clock, no randomness, no framework."""

from transaction_service.domain.account import Account, Entry, PendingChange, Status
from transaction_service.domain.book import Decision, SavedAnswer, WorkingSet
from transaction_service.domain.commands import (
    AccountAct,
    Act,
    Atomic,
    ChangeAccount,
    ChangeLimits,
    Command,
    FollowUp,
    OpenAccount,
    Payee,
    PostTransfer,
)
from transaction_service.domain.decide import decide
from transaction_service.domain.journal import Answer, Outcome, Reason, Record
from transaction_service.domain.limits import Paid
from transaction_service.domain.transfer import Transfer

__all__ = [
    "Account",
    "AccountAct",
    "Act",
    "Answer",
    "Atomic",
    "ChangeAccount",
    "ChangeLimits",
    "Command",
    "Decision",
    "Entry",
    "FollowUp",
    "OpenAccount",
    "Outcome",
    "Paid",
    "Payee",
    "PendingChange",
    "PostTransfer",
    "Reason",
    "Record",
    "SavedAnswer",
    "Status",
    "Transfer",
    "WorkingSet",
    "decide",
]

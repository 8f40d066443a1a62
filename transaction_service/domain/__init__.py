"""The ledger's rules, pure: no I/O, no clock, no randomness, no framework."""

from transaction_service.domain.account import Account, Entry
from transaction_service.domain.commands import Command, OpenAccount, PostTransfer
from transaction_service.domain.decide import Decision, SavedAnswer, WorkingSet, decide
from transaction_service.domain.journal import Answer, Outcome, Record

__all__ = [
    "Account",
    "Answer",
    "Command",
    "Decision",
    "Entry",
    "OpenAccount",
    "Outcome",
    "PostTransfer",
    "Record",
    "SavedAnswer",
    "WorkingSet",
    "decide",
]

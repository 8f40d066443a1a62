"""What people do here, by noun. API and pages both call these; a Principal says who asks."""

from transaction_service.use_cases.accounts import Accounts, LimitsNow, NoMainAccount
from transaction_service.use_cases.cash import Cash, World
from transaction_service.use_cases.contacts import (
    Contacts,
    KnownPayee,
    TooManyContacts,
    TooManyLookups,
    UnknownUsername,
)
from transaction_service.use_cases.histories import Filter, Histories, History, Statement, UnknownAccount
from transaction_service.use_cases.payment import KEY, Ask, OwnAccountError, Payment
from transaction_service.use_cases.republications import NotPublishedYet, Republications, TooManyOrders
from transaction_service.use_cases.transfers import BatchAnswer, Transfers

__all__ = [
    "KEY",
    "Accounts",
    "Ask",
    "BatchAnswer",
    "Cash",
    "Contacts",
    "Filter",
    "Histories",
    "History",
    "KnownPayee",
    "LimitsNow",
    "NoMainAccount",
    "NotPublishedYet",
    "OwnAccountError",
    "Payment",
    "Republications",
    "Statement",
    "TooManyContacts",
    "TooManyLookups",
    "TooManyOrders",
    "Transfers",
    "UnknownAccount",
    "UnknownUsername",
    "World",
]

"""What a batch of commands needs to know, read in as few rounds as their dependence allows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pymongo.client_session import ClientSession

from transaction_service.domain import (
    Account,
    Atomic,
    ChangeAccount,
    ChangeLimits,
    Command,
    FollowUp,
    OpenAccount,
    Paid,
    PostTransfer,
    Transfer,
    WorkingSet,
)
from transaction_service.domain.commands import PAYMENT, Keyed
from transaction_service.domain.limits import paid_id
from transaction_service.domain.payments import planned_command
from transaction_service.storage.collections import Collections, Document
from transaction_service.storage.documents import (
    DONE_AT_ONCE,
    account_of,
    paid_of,
    saved_answer_of,
    transfer_of,
    transfer_of_record,
)
from transaction_service.storage.known import Known

_SAVED = {"_id": 0, "key": 1, "command_id": 1, "fingerprint": 1, "outcome": 1, "body": 1}


@dataclass
class _Named:
    """The usernames, accounts and transfers that the commands name."""

    usernames: set[str | None] = field(default_factory=set)
    accounts: set[str | None] = field(default_factory=set)
    transfers: set[str] = field(default_factory=set)

    def add(self, command: Keyed) -> None:
        match command:
            case PostTransfer():
                self.usernames.add(command.owner_username)
                self.accounts.add(command.payer_account)
                for payee in command.payees:
                    self.usernames.add(payee.username)
                    self.accounts.add(payee.account)
            case FollowUp():
                self.transfers.add(command.transfer)
            case OpenAccount():
                self.accounts.add(command.account)
                self.usernames.add(command.username)
            case ChangeAccount() | ChangeLimits():
                self.accounts.add(command.account)


def read_working_set(
    collections: Collections, session: ClientSession, head: int, commands: Sequence[Command], known: Known
) -> WorkingSet:
    """Read, in `session`'s transaction, all that `decide` is to be told of these commands and isn't `known`."""
    each = list(single(commands))
    named = _Named()
    for command in each:
        named.add(command)
    transfers = _transfers(collections, session, named.transfers) if named.transfers else []
    for transfer in transfers:
        named.accounts |= transfer.accounts
        if transfer.plan is not None:
            named.add(planned_command(transfer))
    accounts = _accounts(collections, session, named, known)
    saved = collections.journal.find({"key": {"$in": [command.key for command in each]}}, _SAVED, session=session)
    return WorkingSet(
        head=head,
        accounts=accounts,
        saved={document["key"]: saved_answer_of(document) for document in saved},
        transfers=transfers,
        paid=_paid(collections, session, _pairs(each, transfers, accounts), known),
    )


def single(commands: Iterable[Command]) -> Iterable[Keyed]:
    """The commands one by one, those of an Atomic too."""
    for command in commands:
        if isinstance(command, Atomic):
            yield from command.commands
        else:
            yield command


def _transfers(collections: Collections, session: ClientSession, ids: set[str]) -> list[Transfer]:
    found = collections.transfers.find({"_id": {"$in": list(ids)}}, session=session)
    transfers = [transfer_of(document) for document in found]
    missing = ids - {transfer.id for transfer in transfers}
    if not missing:
        return transfers
    posted = collections.journal.find(
        {"command_id": {"$in": list(missing)}, "outcome": {"$in": DONE_AT_ONCE}, "of": {"$exists": False}},
        {"command_id": 1, "body": 1},
        session=session,
    )
    return [*transfers, *(transfer_of_record(document) for document in posted)]


def _accounts(collections: Collections, session: ClientSession, named: _Named, known: Known) -> list[Account]:
    ids = [id for id in named.accounts if id is not None]
    usernames = [name for name in named.usernames if name is not None]
    unread, unread_ids = known.unknown_usernames(usernames), known.unknown_accounts(ids)
    if unread or unread_ids:
        by_name: Document = {"username": {"$in": unread}}
        # Payments name nobody by account, and a query of one branch costs less to plan.
        query = {"$or": [by_name, {"_id": {"$in": unread_ids}}]} if unread_ids else by_name
        found = collections.accounts.find(query, session=session)
        known.learn_accounts(unread, [account_of(document) for document in found])
    return known.accounts(usernames, ids)


def _paid(collections: Collections, session: ClientSession, pairs: Sequence[str], known: Known) -> list[Paid]:
    unread = known.unknown_pairs(pairs)
    if unread:
        found = collections.paid.find({"_id": {"$in": unread}}, session=session)
        known.learn_pairs(unread, [paid_of(document) for document in found])
    return known.paid(pairs)


def _pairs(commands: Sequence[Keyed], transfers: Sequence[Transfer], accounts: Sequence[Account]) -> list[str]:
    """Who pays whom: every pair that the limits may ask for."""
    by_id = {account.id: account for account in accounts}
    by_name: dict[str | None, list[str]] = {}
    for account in accounts:
        by_name.setdefault(account.username, []).append(account.id)
    pairs: set[str] = set()
    planned = [planned_command(transfer) for transfer in transfers if transfer.plan is not None]
    for command in (*planned, *commands):
        if isinstance(command, PostTransfer) and command.type == PAYMENT and command.owner is not None:
            for payee in command.payees:
                pairs.update([paid_id(command.owner, account) for account in by_name.get(payee.username, ())])
    for transfer in transfers:
        # A hold that is given up gives back what it counted.
        if transfer.spender is not None and (payer := by_id[transfer.payer].user_id):
            pairs.update([paid_id(payer, account) for account, _ in transfer.payees])
    return list(pairs)

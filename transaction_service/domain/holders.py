"""Accounts themselves: opened, frozen, closed, and what their owners may send."""

from __future__ import annotations

from dataclasses import fields

from contracts.ledger_chain import WORLD
from transaction_service.domain.account import Account, Status
from transaction_service.domain.book import Book, told_owner
from transaction_service.domain.commands import MAIN, AccountAct, ChangeAccount, ChangeLimits, OpenAccount
from transaction_service.domain.follow_ups import STAFF
from transaction_service.domain.journal import Answer, Outcome
from transaction_service.domain.limits import Limits
from transaction_service.domain.rules import SECOND

ACCOUNTS_MAX = 20
"""Of one user; enough for every currency that a person keeps, and a bound for every list of them."""
LIMIT_NAMES = frozenset(field.name for field in fields(Limits))

_DONE = {AccountAct.FREEZE: Outcome.FROZEN, AccountAct.UNFREEZE: Outcome.UNFROZEN, AccountAct.CLOSE: Outcome.CLOSED}
_STATUS = {AccountAct.FREEZE: Status.FROZEN, AccountAct.UNFREEZE: Status.OPEN, AccountAct.CLOSE: Status.CLOSED}


def open_account(book: Book, command: OpenAccount) -> Answer:
    """Open an account. The first of a currency is the main one: it is paid by name, and counts for the limits."""
    if command.user_id is not None:
        own = book.accounts_of(command.username)
        if command.purpose != MAIN and all(a.currency != command.currency or a.purpose != MAIN for a in own):
            return Answer(Outcome.NO_ACCOUNT, {})
        if len(own) >= ACCOUNTS_MAX:
            return Answer(Outcome.TOO_MANY_ACCOUNTS, {})
    account = Account(
        id=command.account,
        user_id=command.user_id,
        username=command.username,
        currency=command.currency,
        purpose=command.purpose,
        origin=command.origin,
    )
    book.open(account)
    return book.record_account(command, Outcome.OPENED, account, {"id": command.user_id, "role": None})


def change_account(book: Book, command: ChangeAccount) -> Answer:
    """Freeze, unfreeze or close an account. Where that changes nothing, nothing is written and no key is used."""
    account = book.accounts.get(command.account)
    act = AccountAct(command.act)
    if account is None or account.origin == WORLD:
        return Answer(Outcome.UNKNOWN_ACCOUNT, {})
    refused = _refused(account, act, command)
    if refused is not None:
        return Answer(refused, {})
    if account.status == _STATUS[act] and book.rules >= SECOND:
        return Answer(_DONE[act], {"account": told_owner(account)})
    actor = {"id": command.actor, "role": command.role}
    changed = account._replace(status=_STATUS[act])
    book.put(changed)
    return book.record_account(command, _DONE[act], changed, actor, reason=command.reason)


def _refused(account: Account, act: AccountAct, command: ChangeAccount) -> Outcome | None:
    is_own = account.user_id == command.actor
    if act is AccountAct.CLOSE and not is_own:
        # As one that isn't there: whether a stranger has an account is not told.
        return Outcome.UNKNOWN_ACCOUNT
    if act is not AccountAct.CLOSE and command.role not in STAFF:
        return Outcome.NOT_YOUR_ACCOUNT
    if act is not AccountAct.CLOSE and is_own:
        return Outcome.OWN_ACCOUNT
    if account.status == Status.CLOSED:
        return Outcome.ACCOUNT_CLOSED
    if act is not AccountAct.CLOSE:
        return None
    if account.purpose == MAIN:
        return Outcome.ACCOUNT_IS_MAIN
    return None if account.is_empty else Outcome.ACCOUNT_NOT_EMPTY


def change_limits(book: Book, command: ChangeLimits) -> Answer:
    """Set what one user may send in one currency; nothing named is the role's own again."""
    account = book.accounts.get(command.account)
    if account is None or account.purpose != MAIN or account.user_id is None:
        return Answer(Outcome.UNKNOWN_ACCOUNT, {})
    limits = dict(command.limits)
    assert limits.keys() <= LIMIT_NAMES, f"unknown limits {sorted(limits.keys() - LIMIT_NAMES)}"  # noqa: S101
    changed = account._replace(limits=limits or None)
    book.put(changed)
    actor = {"id": command.actor, "role": command.role}
    return book.record_account(command, Outcome.LIMITS_CHANGED, changed, actor, limits=limits, reason=command.reason)

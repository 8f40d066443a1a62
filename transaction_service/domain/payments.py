"""New transfers: who pays whom, what stands against it, and what is booked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from transaction_service.domain.account import Account, PendingChange, Status
from transaction_service.domain.book import Book, Told, party
from transaction_service.domain.commands import PAYMENT, WITHDRAWAL, FollowUp, Payee, PostTransfer
from transaction_service.domain.journal import Answer, Outcome, Reason
from transaction_service.domain.limits import PLANS, PLANS_MAX, breach, most_now, paid_id
from transaction_service.domain.rules import SECOND
from transaction_service.domain.transfer import Transfer


@dataclass(frozen=True, slots=True)
class Leg:
    """One payee's part of a transfer; without an account nobody is known by that name, or not in this currency."""

    amount: int
    account: Account | None
    username: str | None

    @classmethod
    def to(cls, account: Account, amount: int) -> Leg:
        return cls(amount, account, account.username)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a transfer isn't made, and what helps the caller to make one that is."""

    reason: Reason
    more: Mapping[str, Any]

    @classmethod
    def of(cls, reason: Reason, **more: Any) -> Refusal:
        return cls(reason, more)


def post(book: Book, command: PostTransfer) -> Answer:
    """Decide a new transfer."""
    payer = _payer(book, command)
    if isinstance(payer, Outcome):
        return Answer(payer, {})
    legs, refusal = _legs(book, command, payer)
    if command.actor is not None and command.actor in _owners(payer, legs):
        return Answer(Outcome.OWN_ACCOUNT, {})
    if command.execute_at is not None:
        refusal = refusal or _too_many_plans(book, payer)
        return _reject(book, command, payer, legs, refusal) if refusal else _schedule(book, command, payer, legs)
    refusal = refusal or _refusal(book, command, payer, legs)
    if refusal is not None:
        return _reject(book, command, payer, legs, refusal)
    if command.expires_at is not None:
        return _hold(book, command, payer, legs, command.expires_at)
    _count(book, command, payer, legs)
    body = transfer_body(book, command.id, command.type, "posted", payer, legs, command)
    return book_entries(book, command, Outcome.POSTED, body, payer, legs, actor=_actor(command))


def execute(book: Book, command: FollowUp, transfer: Transfer) -> Answer:
    """Decide a scheduled transfer whose moment has come, on the ledger as it is now."""
    planned = planned_command(transfer)
    book.plan(transfer.payer, -1)
    payer = book.accounts[transfer.payer]
    legs, refusal = _legs(book, planned, payer)
    refusal = refusal or _refusal(book, planned, payer, legs)
    status = "rejected" if refusal else "posted"
    body = transfer_body(book, transfer.id, planned.type, status, payer, legs, planned)
    body |= {name: transfer.body[name] for name in ("scheduled_at", "execute_at")}
    actor = {"id": command.actor, "role": command.role}
    if refusal is not None:
        answer = record_refusal(book, command, body, payer, legs, refusal, of=transfer.id, actor=actor)
    else:
        _count(book, planned, payer, legs)
        answer = book_entries(book, command, Outcome.POSTED, body, payer, legs, of=transfer.id, actor=actor)
    book.put_transfer(replace(transfer, body=answer.body, last=book.head, plan=None))
    return answer


def planned_command(transfer: Transfer) -> PostTransfer:
    """A scheduled transfer as it was asked for, to be decided now."""
    assert transfer.plan is not None, f"transfer {transfer.id} was not scheduled"  # noqa: S101
    plan = dict(transfer.plan)
    payees = tuple(Payee(**payee) for payee in plan.pop("payees"))
    return PostTransfer(id=transfer.id, key="", fingerprint="", payees=payees, **plan)


def plan_of(command: PostTransfer, payer: str) -> dict[str, Any]:
    """How a scheduled transfer was asked for, to be decided when its moment comes; `payer` is the account."""
    return {
        "payees": [asdict(payee) for payee in command.payees],
        "currency": command.currency,
        "owner": command.owner,
        "owner_username": command.owner_username,
        "role": command.role,
        "payer_account": payer,
        "note": command.note,
        "type": command.type,
    }


def transfer_body(
    book: Book,
    id: str,
    type: str,
    status: str,
    payer: Account,
    legs: Sequence[Leg],
    command: PostTransfer,
) -> dict[str, Any]:
    """A transfer as answers and the journal tell it, with the moment at which it came to `status`."""
    return {
        "id": id,
        "position": book.head + 1,
        "type": type,
        "status": status,
        "payer": {"account": payer.id, "username": payer.username},
        "payees": [
            {"account": leg.account.id if leg.account else None, "username": leg.username, "amount": leg.amount}
            for leg in legs
        ],
        "amount": command.amount,
        "currency": command.currency,
        "note": command.note,
        f"{status}_at": book.moment.at,
    }


def book_entries(
    book: Book,
    command: PostTransfer | FollowUp,
    outcome: Outcome,
    body: dict[str, Any],
    payer: Account,
    legs: Sequence[Leg],
    *,
    pending: tuple[PendingChange, ...] = (),
    of: str | None = None,
    actor: Mapping[str, str | None] | None = None,
) -> Answer:
    """Move the money of a transfer whose `body` says that it is posted."""
    book.hold(pending)
    entries = [book.move(payer.id, -sum(leg.amount for leg in legs), command.id)]
    # In the order of the payees, each on what the one before left.
    entries += [book.move(leg.account.id, leg.amount, command.id) for leg in legs if leg.account]
    payer = book.accounts[payer.id]
    if isinstance(command, PostTransfer) or (actor is not None and actor.get("id") == payer.user_id):
        body["balance_after"] = payer.posted
    told = Told(
        event={"transfer": event_of(book, body, payer, legs, moved=True)},
        parties=_parties(payer, legs),
        partition_key=payer.id,
        entries=tuple(entries),
        pending=pending,
        of=of,
        original=body.get("original"),
        actor=actor,
    )
    return book.record(command, outcome, body, told)


def record_refusal(
    book: Book,
    command: PostTransfer | FollowUp,
    body: dict[str, Any],
    payer: Account,
    legs: Sequence[Leg],
    refusal: Refusal,
    *,
    of: str | None = None,
    actor: Mapping[str, str | None] | None = None,
    parties: tuple[str, ...] = (),
) -> Answer:
    """Write down that a transfer, or an attempt to do something about one, was refused.

    It is in the history of `parties`; of its payer where none are named.
    """
    body |= {"reason": str(refusal.reason), **refusal.more}
    told = Told(
        event={"transfer": event_of(book, body, payer, legs, moved=False)},
        parties=parties or (payer.id,),
        partition_key=payer.id,
        of=of,
        original=body.get("original"),
        actor=actor,
    )
    return book.record(command, Outcome.REJECTED, body, told)


def event_of(
    book: Book, body: Mapping[str, Any], payer: Account, legs: Sequence[Leg], *, moved: bool
) -> dict[str, Any]:
    """The event's own part; accounts as they are on the book now."""
    return {
        "id": body["id"],
        "type": body["type"],
        "status": body["status"],
        "reason": body.get("reason"),
        "amount": body["amount"],
        "currency": body["currency"],
        "original": body.get("original"),
        "expires_at": body.get("expires_at"),
        "execute_at": body.get("execute_at"),
        "payer": party(payer, moved=moved),
        "payees": [
            {**party(book.accounts[leg.account.id] if leg.account else None, moved=moved), "amount": leg.amount}
            for leg in legs
        ],
    }


def _payer(book: Book, command: PostTransfer) -> Account | Outcome:
    if command.payer_account is not None:
        account = book.accounts.get(command.payer_account)
        return account if account and account.user_id == command.owner else Outcome.NOT_YOUR_ACCOUNT
    own = book.main_accounts(command.owner_username)
    if command.type != WITHDRAWAL:
        own = [account for account in own if account.user_id == command.owner]
    if not own:
        return Outcome.NO_ACCOUNT
    return next((account for account in own if account.currency == command.currency), own[0])


def _legs(book: Book, command: PostTransfer, payer: Account) -> tuple[list[Leg], Refusal | None]:
    legs: list[Leg] = []
    refusal = None
    seen = {payer.id}
    for payee in command.payees:
        account, reason = _payee(book, command, payer, payee)
        if account is not None:
            reason = reason or (Reason.SAME_ACCOUNT if account.id in seen else None)
            seen.add(account.id)
        legs.append(Leg(payee.amount, account, account.username if account else payee.username))
        if reason is not None and refusal is None:
            # Which one matters only among several, and one name more in every answer is noise.
            refusal = Refusal.of(reason, **({"payee": legs[-1].username} if len(command.payees) > 1 else {}))
    return legs, refusal


def _payee(book: Book, command: PostTransfer, payer: Account, payee: Payee) -> tuple[Account | None, Reason | None]:
    if payee.account is not None:
        named = book.accounts.get(payee.account)
        # By account a person pays only accounts of their own: other people's ids are nobody's business.
        candidates = [named] if named and (command.type != PAYMENT or named.user_id == payer.user_id) else []
    else:
        candidates = book.main_accounts(payee.username)
    if not candidates:
        return None, Reason.UNKNOWN_PAYEE
    account = next((a for a in candidates if a.currency == command.currency), None)
    if account is None or payer.currency != command.currency:
        return None, Reason.CURRENCY_MISMATCH
    return account, None if account.status == Status.OPEN else Reason.PAYEE_UNAVAILABLE


def _refusal(book: Book, command: PostTransfer, payer: Account, legs: Sequence[Leg]) -> Refusal | None:
    if payer.status != Status.OPEN:
        return Refusal.of(Reason.ACCOUNT_FROZEN if payer.status == Status.FROZEN else Reason.ACCOUNT_CLOSED)
    if not payer.covers(command.amount):
        return Refusal.of(Reason.INSUFFICIENT_FUNDS, available=payer.available)
    counted = _counted(command, payer, legs)
    if not counted:
        return None
    spender = _spender(book, payer)
    amounts = [(amount, book.paid.get(paid_id(str(payer.user_id), account))) for account, amount in counted]
    broken = breach(spender, command.role, amounts, book.moment)
    if broken is None:
        return None
    if book.rules >= SECOND:
        most = most_now(spender, command.role, [paid for _, paid in amounts], book.moment)
        broken = replace(broken, allowed=min(broken.allowed, most))
    return Refusal(Reason.LIMIT_EXCEEDED, broken.body(command.role))


def _too_many_plans(book: Book, payer: Account) -> Refusal | None:
    is_full = payer.plans >= PLANS_MAX and book.rules >= SECOND
    return Refusal.of(Reason.LIMIT_EXCEEDED, limit=PLANS, allowed=0) if is_full else None


def _counted(command: PostTransfer, payer: Account, legs: Sequence[Leg]) -> list[tuple[str, int]]:
    """The parts of a transfer that limits are about: what a person pays to others."""
    if command.type != PAYMENT or payer.user_id is None:
        return []
    return [(leg.account.id, leg.amount) for leg in legs if leg.account and leg.account.user_id != payer.user_id]


def _spender(book: Book, payer: Account) -> Account:
    """The account that counts for its owner: the main one, whichever account pays."""
    main = book.main_account(payer.username, payer.currency)
    assert main is not None, f"the owner of {payer.id} has no main account"  # noqa: S101
    return main


def _count(book: Book, command: PostTransfer, payer: Account, legs: Sequence[Leg]) -> str | None:
    """Count a transfer for its payer's limits; returns the account that counted, None where none does."""
    counted = _counted(command, payer, legs)
    if not counted:
        return None
    spender = _spender(book, payer).id
    book.count(spender, counted)
    return spender


def _hold(book: Book, command: PostTransfer, payer: Account, legs: Sequence[Leg], expires_at: str) -> Answer:
    spender = _count(book, command, payer, legs)
    body = transfer_body(book, command.id, command.type, "pending", payer, legs, command) | {"expires_at": expires_at}
    pending = (
        PendingChange(payer.id, out=command.amount),
        *(PendingChange(leg.account.id, into=leg.amount) for leg in legs if leg.account),
    )
    book.hold(pending)
    told = Told(
        event={"transfer": event_of(book, body, book.accounts[payer.id], legs, moved=False)},
        parties=_parties(payer, legs),
        partition_key=payer.id,
        pending=pending,
        actor=_actor(command),
    )
    answer = book.record(command, Outcome.PENDING, body, told)
    book.put_transfer(Transfer(command.id, body, book.head, book.head, spender))
    return answer


def _schedule(book: Book, command: PostTransfer, payer: Account, legs: Sequence[Leg]) -> Answer:
    body = transfer_body(book, command.id, command.type, "scheduled", payer, legs, command)
    body["execute_at"] = command.execute_at
    told = Told(
        event={"transfer": event_of(book, body, payer, legs, moved=False)},
        parties=(payer.id,),
        partition_key=payer.id,
        actor=_actor(command),
    )
    answer = book.record(command, Outcome.SCHEDULED, body, told)
    book.plan(payer.id, 1)
    plan = plan_of(command, payer.id)
    book.put_transfer(Transfer(command.id, body, book.head, book.head, plan=plan))
    return answer


def _reject(book: Book, command: PostTransfer, payer: Account, legs: Sequence[Leg], refusal: Refusal) -> Answer:
    body = transfer_body(book, command.id, command.type, "rejected", payer, legs, command)
    return record_refusal(book, command, body, payer, legs, refusal, actor=_actor(command))


def _actor(command: PostTransfer) -> dict[str, str | None]:
    return {"id": command.actor or command.owner, "role": command.role}


def _owners(payer: Account, legs: Sequence[Leg]) -> set[str | None]:
    return {payer.user_id, *(leg.account.user_id for leg in legs if leg.account)}


def _parties(payer: Account, legs: Sequence[Leg]) -> tuple[str, ...]:
    return (payer.id, *(leg.account.id for leg in legs if leg.account))

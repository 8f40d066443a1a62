"""The rules of this service over transfers: what is worth a word more to the one who pays. Pure; state goes in and out.

Each is deterministic: the same events give the same notices, whatever is repeated and wherever a process was killed
between (decision 34).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from contracts.notices import Kind
from notification_service.domain.notification import Channel, Noticed, Notification, Transfer
from notification_service.domain.preferences import MANY_MAX, MINUTES_MAX, Many, Watch
from notification_service.domain.telling import as_seen_by

_RULES = UUID("6a0c3f0e-9d0e-5b7a-8a64-0b1f5b7f2c34")
"""Namespace of the ids of what rules find: the same for every repetition of the event that they found it in."""
PROBE = "probe"
_REMEMBERED_MS = MINUTES_MAX * 60_000


@dataclass(frozen=True, slots=True)
class Spree:
    """What is remembered of an account that pays: up to which position it was looked at, and when it paid last
    (milliseconds, ascending), of the last hour and no more than MANY_MAX times."""

    upto: int = 0
    times: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Paying:
    """The payer's side of an event. `payees` are others, each once; empty where the money was sent before (a hold that
    is captured) or sent by nobody (a refund, a reversal, a withdrawal): then only the balance is looked at."""

    event: Mapping[str, Any]
    user_id: str
    account: str
    payees: tuple[str, ...]

    @property
    def is_sending(self) -> bool:
        """Whether the payer decided to send, now."""
        return bool(self.payees)

    @property
    def at_ms(self) -> int:
        """When."""
        return int(datetime.fromisoformat(self.event["occurred_at"]).timestamp() * 1000)


def paying(event: Mapping[str, Any]) -> Paying | None:
    """The payer's side of an event of the ledger; None where no money leaves a person, or a probe sent it."""
    transfer = event.get("transfer")
    if transfer is None or event["type"] not in ("transfer.posted", "transfer.pending", "transfer.refunded"):
        return None
    payer = transfer["payer"]
    if payer["user_id"] is None or payer["origin"] == PROBE:
        return None
    # A captured hold was looked at when it was placed.
    sent = transfer["type"] == "payment" and (event["type"] == "transfer.pending" or not transfer.get("expires_at"))
    payees: tuple[str, ...] = ()
    if sent:
        others = dict.fromkeys(payee["user_id"] for payee in transfer["payees"])
        payees = tuple(user_id for user_id in others if user_id not in (None, payer["user_id"]))
    return Paying(event, payer["user_id"], payer["account"], payees)


def by_amount(paid: Paying, watch: Watch) -> Iterator[Notification]:
    """A large payment; a balance that fell below what the person wants to keep. These need no memory."""
    transfer = paid.event["transfer"]
    currency = transfer["currency"]
    large = watch.large_from(currency)
    if paid.is_sending and large is not None and transfer["amount"] >= large:
        yield _notice(Kind.LARGE_TRANSFER, paid, Noticed(limit=large))
    low, balance = watch.low_below(currency), transfer["payer"]["balance_after"]
    if low is not None and balance is not None and balance < low <= balance + transfer["amount"]:
        yield _notice(Kind.LOW_BALANCE, paid, Noticed(limit=low, balance=balance))


def first_to(paid: Paying, payee: str) -> Notification:
    """The first time that this person pays that one; their part is the amount."""
    seen = as_seen_by(paid.user_id, paid.event["transfer"])
    parts = [each["amount"] for each in paid.event["transfer"]["payees"] if each["user_id"] == payee]
    notice = _notice(Kind.FIRST_TO_PAYEE, paid, Noticed(), payee)
    return replace(notice, transfer=replace(seen, counterparty=payee, amount=sum(parts)))


def many(paid: Paying, before: Spree, wanted: Many | None) -> tuple[Spree, Notification | None]:
    """What is remembered of the account with this payment, and what is told of it.

    It is told when their number reaches `wanted.count` and not again while it stays there. Payments of one account
    come in the order of their positions: one that is not above `before.upto` was looked at before (or comes late, out
    of the dead letters), and changes nothing.
    """
    position, now = paid.event["position"], paid.at_ms
    if position <= before.upto:
        return before, None
    recent = tuple(at for at in before.times if at > now - _REMEMBERED_MS)
    after = Spree(position, (*recent, now)[-MANY_MAX:])
    if wanted is None or _within(after.times, wanted) < wanted.count or _within(recent, wanted) >= wanted.count:
        return after, None
    return after, _notice(Kind.MANY_TRANSFERS, paid, Noticed(count=wanted.count, minutes=wanted.minutes))


def _within(times: tuple[int, ...], wanted: Many) -> int:
    """How many there are in the minutes up to the last one."""
    if not times:
        return 0
    since = times[-1] - wanted.minutes * 60_000
    return sum(at > since for at in times)


def _notice(kind: Kind, paid: Paying, noticed: Noticed, about: str = "") -> Notification:
    event = paid.event
    transfer: Transfer = as_seen_by(paid.user_id, event["transfer"])
    return Notification(
        str(uuid5(_RULES, f"{kind}/{event['event_id']}/{about}")),
        paid.user_id,
        Channel.INBOX,
        kind,
        None,
        datetime.fromisoformat(event["occurred_at"]),
        transfer=transfer,
        noticed=noticed,
    )

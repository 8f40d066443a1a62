"""The rules of this service over payments: what is worth a word more to the one who pays. Pure.

What a rule finds in an event is decided once, when the event is first told, and kept with that notification; so a
repetition finds the same, whatever its person has chosen since (decision 34).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from contracts.notices import Kind
from notification_service.domain.notification import Channel, Found, Noticed, Notification
from notification_service.domain.preferences import Many, Watch
from notification_service.domain.telling import as_seen_by, is_sending

_RULES = UUID("6a0c3f0e-9d0e-5b7a-8a64-0b1f5b7f2c34")
"""Namespace of the ids of what rules find: the same for every repetition of the event that they found it in."""
PROBE = "probe"


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
    def position(self) -> int:
        """In the ledger's journal."""
        position: int = self.event["position"]
        return position

    @property
    def at_ms(self) -> int:
        """When."""
        return round(datetime.fromisoformat(self.event["occurred_at"]).timestamp() * 1000)


def paying(event: Mapping[str, Any]) -> Paying | None:
    """The payer's side of an event of the ledger; None where no money leaves a person, or a probe sent it."""
    transfer = event.get("transfer")
    if transfer is None or event["type"] not in ("transfer.posted", "transfer.pending", "transfer.refunded"):
        return None
    payer = transfer["payer"]
    if payer["user_id"] is None or payer["origin"] == PROBE:
        return None
    payees: tuple[str, ...] = ()
    if is_sending(event["type"], transfer):
        others = dict.fromkeys(payee["user_id"] for payee in transfer["payees"])
        payees = tuple(user_id for user_id in others if user_id not in (None, payer["user_id"]))
    return Paying(event, payer["user_id"], payer["account"], payees)


def by_amount(paid: Paying, watch: Watch) -> Iterator[Found]:
    """A large payment; a balance that fell below what the person wants to keep. These need no memory."""
    transfer = paid.event["transfer"]
    currency = transfer["currency"]
    large = watch.large_from(currency)
    if paid.is_sending and large is not None and transfer["amount"] >= large:
        yield Found(Kind.LARGE_TRANSFER, Noticed(limit=large))
    low, balance = watch.low_below(currency), transfer["payer"]["balance_after"]
    if low is not None and balance is not None and balance < low <= balance + transfer["amount"]:
        yield Found(Kind.LOW_BALANCE, Noticed(limit=low, balance=balance))


def first_to(payee: str) -> Found:
    """The first time that this person pays that one."""
    return Found(Kind.FIRST_TO_PAYEE, Noticed(), payee)


def many(before: Sequence[int], at_ms: int, wanted: Many) -> Found | None:
    """Whether this payment makes them many; `before` are the times of the account's payments before it, ascending.

    It is told when their number reaches `wanted.count`, and not again while it stays there.
    """
    if _within(before, wanted) >= wanted.count or _within((*before, at_ms), wanted) < wanted.count:
        return None
    return Found(Kind.MANY_TRANSFERS, Noticed(count=wanted.count, minutes=wanted.minutes))


def notice(paid: Paying, found: Found) -> Notification:
    """What is told of a finding: a notification of its own, whose event is derived from the rule and the event."""
    event = paid.event
    transfer = as_seen_by(paid.user_id, event)
    if found.about is not None:
        parts = [each["amount"] for each in event["transfer"]["payees"] if each["user_id"] == found.about]
        transfer = replace(transfer, counterparty=found.about, amount=sum(parts))
    return Notification(
        str(uuid5(_RULES, f"{found.kind}/{event['event_id']}/{found.about or ''}")),
        paid.user_id,
        Channel.INBOX,
        found.kind,
        None,
        datetime.fromisoformat(event["occurred_at"]),
        # Not a payment once more.
        transfer=replace(transfer, paid_from=None),
        noticed=found.noticed,
    )


def _within(times: Sequence[int], wanted: Many) -> int:
    """How many there are in the minutes up to the last one."""
    if not times:
        return 0
    since = times[-1] - wanted.minutes * 60_000
    return sum(at > since for at in times)

"""From the plan's columns to the ledger's commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from contracts.ledger_chain import WORLD
from contracts.moments import rfc3339
from sample.commands import ENDS, NONE, Commands, Kind
from sample.people import Crowd
from transaction_service.domain import Account, Act, FollowUp, OpenAccount, Payee, PostTransfer
from transaction_service.domain.account import world_account_id
from transaction_service.domain.commands import DEPOSIT, WITHDRAWAL, Keyed

STAFF = "5a3c7a52-3c0f-5d0a-9f55-0c5d6f0a1b2c"
"""The user id of the member of staff behind salaries and cash-outs."""
FINGERPRINT = "0" * 64
IDS_AT_ONCE = 10_000
HOLD_TIME = timedelta(days=7)
_ACTS = {Kind.CAPTURE: Act.CAPTURE, Kind.CAPTURE_PART: Act.CAPTURE, Kind.VOID: Act.VOID, Kind.EXPIRE: Act.EXPIRE}


class Ids:
    """UUIDs of version 7 by a seed, so that the same history has the same ids."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._digits = ""
        self._next = 0

    def at(self, unix_ms: int) -> str:
        if self._next == len(self._digits):
            self._digits, self._next = self._rng.bytes(IDS_AT_ONCE * 10).hex(), 0
        digits = self._digits[self._next : self._next + 20]
        self._next += 20
        time = f"{unix_ms:012x}"
        return f"{time[:8]}-{time[8:]}-7{digits[:3]}-8{digits[3:6]}-{digits[8:]}"


@dataclass(frozen=True)
class Asked:
    """One row of the plan, as Python's own values."""

    kind: int
    payer: int
    payee: int
    amount: int
    id: str
    of: str | None
    at: datetime


class Asking:
    """Makes the commands of one currency."""

    def __init__(self, currency: str, crowd: Crowd) -> None:
        self._currency = currency
        self._people = crowd.people
        self._ordinary = crowd.ordinary
        self._world = world_account_id(currency)
        self._makers: dict[int, Callable[[Asked], Keyed]] = {
            Kind.OPEN_WORLD: self._open_world,
            Kind.OPEN: self._open,
            Kind.GRANT: self._grant,
            Kind.SALARY: self._salary,
            Kind.CASH_OUT: self._cash_out,
            Kind.SPLIT: self._split,
            Kind.HOLD: self._hold,
        }

    def command(self, asked: Asked) -> Keyed:
        """What is asked; a follow-up that has nothing to follow is a payment."""
        if asked.of is not None:
            return self._follow_up(asked, asked.of)
        make = self._makers.get(asked.kind, self._pay)
        return make(asked)

    def cash_out_of(self, payer: int, accounts: dict[str, Account]) -> int:
        """Four fifths of what a shop has."""
        return max(100, accounts[self._people[payer].account].available * 4 // 5)

    def _open_world(self, asked: Asked) -> OpenAccount:
        return OpenAccount(asked.id, self._world, None, None, self._currency, WORLD)

    def _open(self, asked: Asked) -> OpenAccount:
        who = self._people[asked.payee]
        return OpenAccount(asked.id, who.account, who.user_id, who.username, self._currency, "user")

    def _grant(self, asked: Asked) -> PostTransfer:
        who = self._people[asked.payee]
        return PostTransfer.grant(
            id=asked.id,
            user_id=who.user_id,
            account=who.account,
            amount=asked.amount,
            currency=self._currency,
            traceparent=None,
        )

    def _salary(self, asked: Asked) -> PostTransfer:
        payees = (Payee(asked.amount, username=self._people[asked.payee].username),)
        return self._by_staff(asked, DEPOSIT, payees, payer_account=self._world)

    def _cash_out(self, asked: Asked) -> PostTransfer:
        payees = (Payee(asked.amount, account=self._world),)
        return self._by_staff(asked, WITHDRAWAL, payees, owner_username=self._people[asked.payer].username)

    def _by_staff(
        self,
        asked: Asked,
        type: str,
        payees: tuple[Payee, ...],
        payer_account: str | None = None,
        owner_username: str | None = None,
    ) -> PostTransfer:
        return PostTransfer(
            id=asked.id,
            key=f"{STAFF}/{asked.id}",
            fingerprint=FINGERPRINT,
            payees=payees,
            currency=self._currency,
            owner=None,
            owner_username=owner_username,
            payer_account=payer_account,
            role="support",
            type=type,
            actor=STAFF,
        )

    def _pay(self, asked: Asked) -> PostTransfer:
        return self._payment(asked, (Payee(asked.amount, self._people[asked.payee].username),))

    def _split(self, asked: Asked) -> PostTransfer:
        """To one and their neighbours, as far as there is a minor unit for each."""
        near = [(asked.payee + step) % self._ordinary for step in range(1, 3)]
        others = [each for each in near if each not in (asked.payer, asked.payee)] if asked.amount >= 3 else []
        part = asked.amount // (len(others) + 1)
        amounts = [asked.amount - part * len(others), *(part for _ in others)]
        names = [self._people[each].username for each in (asked.payee, *others)]
        return self._payment(asked, tuple(map(Payee, amounts, names)))

    def _hold(self, asked: Asked) -> PostTransfer:
        payees = (Payee(asked.amount, self._people[asked.payee].username),)
        return self._payment(asked, payees, expires_at=rfc3339(asked.at + HOLD_TIME))

    def _payment(self, asked: Asked, payees: tuple[Payee, ...], expires_at: str | None = None) -> PostTransfer:
        who = self._people[asked.payer]
        return PostTransfer(
            id=asked.id,
            key=f"{who.user_id}/{asked.id}",
            fingerprint=FINGERPRINT,
            payees=payees,
            currency=self._currency,
            owner=who.user_id,
            owner_username=who.username,
            expires_at=expires_at,
        )

    def _follow_up(self, asked: Asked, of: str) -> FollowUp:
        """By who was paid; an expiry is the platform's own."""
        actor = None if asked.kind == Kind.EXPIRE else self._people[asked.payee].user_id
        part = max(1, asked.amount * 3 // 4) if asked.kind == Kind.CAPTURE_PART else None
        return FollowUp(
            id=asked.id,
            key=f"{actor}/{asked.id}",
            fingerprint=FINGERPRINT,
            act=_ACTS.get(Kind(asked.kind), Act.REFUND),
            transfer=of,
            actor=actor,
            role="user",
            amount=part,
        )


def followed(commands: Commands) -> dict[int, int]:
    """By the label of each command that is followed up, the kind of the follow-up."""
    rows = np.flatnonzero(commands.of != NONE)
    return dict(zip(commands.of[rows].tolist(), commands.kind[rows].tolist(), strict=True))


def is_end(kind: int) -> bool:
    """Whether a follow-up ends a hold."""
    return kind in ENDS

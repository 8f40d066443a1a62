"""Accounts: what somebody has, and opening, freezing and closing them; what may be sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from service_kit.principal import Principal
from transaction_service.domain import Account, AccountAct, ChangeAccount, OpenAccount
from transaction_service.domain.account import user_account_id
from transaction_service.domain.commands import MAIN
from transaction_service.domain.limits import Moment, limits_of, spent_today
from transaction_service.ports import AccountReader, Ledger
from transaction_service.protocol import Reply
from transaction_service.use_cases.cash import World
from transaction_service.use_cases.payment import Ask, acting_role, fingerprint, personal


class NoMainAccount(Exception):
    """Nothing of the user's is open yet, or nothing in that currency."""


@dataclass(frozen=True, slots=True)
class LimitsNow:
    """What a user may send in one currency, and what of it the present UTC day has used; minor units."""

    currency: str
    limits: dict[str, int]
    spent_today: int
    remaining_today: int


class Accounts:
    """The use cases, with what they need handed in. `now` is UTC."""

    def __init__(
        self,
        ledger: Ledger,
        reader: AccountReader,
        world: World,
        new_id: Callable[[], str],
        now: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._reader = reader
        self._world = world
        self._new_id = new_id
        self._now = now

    def of(self, who: Principal) -> list[Account]:
        """Everything somebody has; empty until the first account is opened, a moment after sign-up."""
        return self._reader.accounts_of(who.user_id)

    def open(self, who: Principal, currency: str, purpose: str, traceparent: str | None) -> Reply:
        """Open an account; asked twice, it is the same one.

        Raises:
            NoMainAccount: the user's very first account, which a sign-up brings, isn't there yet.
            LedgerUnavailable: ask again, it is harmless.
        """
        own = self.of(who)
        if not own:
            raise NoMainAccount
        self._world.open(currency)
        command = OpenAccount(
            id=self._new_id(),
            account=user_account_id(who.user_id, currency, purpose),
            user_id=who.user_id,
            username=who.username,
            currency=currency,
            origin=own[0].origin,
            purpose=purpose,
            traceparent=traceparent,
        )
        return self._ledger.ask(command)

    def change(self, ask: Ask, act: AccountAct, account: str, reason: str) -> Reply:
        """Freeze, unfreeze (staff) or close (its owner) an account. Raises LedgerUnavailable."""
        command = ChangeAccount(
            id=self._new_id(),
            key=personal(ask.who, ask.key),
            fingerprint=fingerprint(act, account, reason),
            act=act,
            account=account,
            actor=ask.who.user_id,
            role=acting_role(ask.who),
            reason=reason,
            traceparent=ask.traceparent,
        )
        return self._ledger.ask(command)

    def limits(self, who: Principal, currency: str) -> LimitsNow:
        """What somebody may send in a currency now; raises NoMainAccount."""
        main = next((a for a in self.of(who) if a.currency == currency and a.purpose == MAIN), None)
        if main is None:
            raise NoMainAccount
        limits = limits_of(main, acting_role(who))
        spent = spent_today(main, Moment.of(self._now()))
        return LimitsNow(currency, asdict(limits), spent, max(0, limits.per_day - spent))

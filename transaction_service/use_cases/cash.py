"""Money from and to the outside of the platform, moved by its staff, each time under their own name."""

from __future__ import annotations

from collections.abc import Callable

from contracts.ledger_chain import WORLD
from transaction_service.domain import OpenAccount, Outcome, Payee, PostTransfer
from transaction_service.domain.account import world_account_id
from transaction_service.domain.commands import DEPOSIT, WITHDRAWAL
from transaction_service.ledger_client import LedgerUnavailable
from transaction_service.ports import Ledger
from transaction_service.protocol import Reply
from transaction_service.use_cases.payment import Ask, acting_role, fingerprint, personal


class World:
    """The accounts that stand for the outside, one per currency, opened when a currency is first used."""

    def __init__(self, ledger: Ledger, new_id: Callable[[], str]) -> None:
        self._ledger = ledger
        self._new_id = new_id
        self._open: set[str] = set()

    def open(self, currency: str) -> str:
        """The account's id, once it is open; harmless when it is. Raises LedgerUnavailable."""
        account = world_account_id(currency)
        if currency not in self._open:
            command = OpenAccount(self._new_id(), account, None, None, currency, WORLD)
            reply = self._ledger.ask(command)
            if reply.status != Outcome.OPENED:
                raise LedgerUnavailable(f"the world's account was not opened: {reply.status}")
            self._open.add(currency)
        return account


class Cash:
    """Deposits and withdrawals; amounts in minor units. Both raise LedgerUnavailable."""

    def __init__(self, ledger: Ledger, world: World, new_id: Callable[[], str]) -> None:
        self._ledger = ledger
        self._world = world
        self._new_id = new_id

    def deposit(self, ask: Ask, username: str, amount: int, currency: str, note: str) -> Reply:
        """From outside to the user's main account."""
        payee = Payee(amount, username=username)
        return self._move(ask, DEPOSIT, payee, currency, note, payer_account=self._world.open(currency))

    def withdraw(self, ask: Ask, username: str, amount: int, currency: str, note: str) -> Reply:
        """From the user's main account to the outside."""
        payee = Payee(amount, account=self._world.open(currency))
        return self._move(ask, WITHDRAWAL, payee, currency, note, username=username)

    def _move(
        self,
        ask: Ask,
        type: str,
        payee: Payee,
        currency: str,
        note: str,
        *,
        payer_account: str | None = None,
        username: str | None = None,
    ) -> Reply:
        command = PostTransfer(
            id=self._new_id(),
            key=personal(ask.who, ask.key),
            fingerprint=fingerprint(type, payee.amount, payee.username, username, currency, note),
            payees=(payee,),
            currency=currency,
            owner=None,
            owner_username=username,
            role=acting_role(ask.who),
            payer_account=payer_account,
            note=note,
            type=type,
            actor=ask.who.user_id,
            traceparent=ask.traceparent,
        )
        return self._ledger.ask(command)

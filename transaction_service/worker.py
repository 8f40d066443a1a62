"""Topic `users` -> accounts: opens an account for each new user and grants the first money. Who leaves: `closing`.

Run as `python -m transaction_service.worker`, beside the loop of `due`. Both are commands with keys made of the user's
id, so a record that is delivered again opens and grants nothing again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid5

from contracts.ledger_chain import WORLD
from service_kit.kafka import InvalidMessage, Message
from transaction_service.domain import Command, OpenAccount, Outcome, PostTransfer
from transaction_service.domain.account import ACCOUNT_IDS, user_account_id, world_account_id
from transaction_service.domain.commands import MAIN
from transaction_service.ledger_client import LedgerClient, LedgerUnavailable
from transaction_service.protocol import OVERLOADED, Reply

LOG_IN = "session.started"
REMEMBERED = 100_000
"""Of so many people, about 10 MB, this process knows that they have an account."""


class AccountOpener:
    """Turns people into commands. `grant` is in minor units; 0 grants nothing.

    Every event opens but that of who has left, whatever its type: the topic is compacted, so a later one may be all
    that is left of a registration. An account that is open, and a grant that was given, stay as they are: their keys
    say so. People log in much more often than they sign up, so a log-in of somebody whose account was opened by this
    process asks the ledger nothing.
    """

    def __init__(self, ledger: LedgerClient, grant: int, currency: str, new_id: Callable[[], str]) -> None:
        self._ledger = ledger
        self._grant = grant
        self._currency = currency
        self._new_id = new_id
        self._world_is_open = False
        self._opened: set[str] = set()

    def handle(self, messages: Sequence[Message]) -> None:
        """Open and grant for a whole batch; the ledger decides them in this order.

        Raises LedgerUnavailable (to be retried) or InvalidMessage (the ledger can't ever do it).
        """
        messages = [message for message in messages if not self._is_served(message.event)]
        if not messages:
            return
        if not self._world_is_open:
            self._open_world()
        # All accounts first, and answered: a grant that is decided before its account would be rejected for good.
        self._do([self._opening(message.event, message.traceparent) for message in messages], Outcome.OPENED)
        if self._grant:
            self._do([self._granting(message.event, message.traceparent) for message in messages], Outcome.POSTED)
        if len(self._opened) > REMEMBERED:
            self._opened.clear()
        self._opened.update(message.event["user_id"] for message in messages)

    def _is_served(self, event: dict[str, Any]) -> bool:
        return event["type"] == LOG_IN and event["user_id"] in self._opened

    def _do(self, commands: Sequence[Command], wanted: Outcome) -> None:
        for call in [self._ledger.submit(command) for command in commands]:
            _expect(self._ledger.wait(call), wanted)

    def _open_world(self) -> None:
        """The world's account, where the grants come from; harmless when it is open."""
        account = world_account_id(self._currency)
        command = OpenAccount(
            id=self._new_id(), account=account, user_id=None, username=None, currency=self._currency, origin=WORLD
        )
        _expect(self._ledger.ask(command), Outcome.OPENED)
        self._world_is_open = True

    def _opening(self, user: dict[str, Any], traceparent: str | None) -> OpenAccount:
        return OpenAccount(
            id=str(uuid5(ACCOUNT_IDS, f"open:{user['user_id']}:{self._currency}:{MAIN}")),
            account=self._account(user),
            user_id=user["user_id"],
            username=user["username"],
            currency=self._currency,
            origin=user["origin"],
            traceparent=traceparent,
        )

    def _granting(self, user: dict[str, Any], traceparent: str | None) -> PostTransfer:
        return PostTransfer.grant(
            id=str(uuid5(ACCOUNT_IDS, f"grant:{user['user_id']}")),
            user_id=user["user_id"],
            account=self._account(user),
            amount=self._grant,
            currency=self._currency,
            traceparent=traceparent,
        )

    def _account(self, user: dict[str, Any]) -> str:
        return user_account_id(user["user_id"], self._currency, MAIN)


def _expect(reply: Reply, wanted: Outcome) -> None:
    """Only a ledger that has no room is worth waiting for; whatever else it says, it will say again."""
    if reply.status == OVERLOADED:
        raise LedgerUnavailable("the ledger's queue is full")
    if reply.status != wanted:
        raise InvalidMessage(f"the ledger answered {reply.status}")


def main() -> int:
    """The process: see the module's docstring."""
    from transaction_service.wiring import run_worker

    return run_worker()


if __name__ == "__main__":
    raise SystemExit(main())

"""Topic `users` -> what is done when a person has closed their account: nobody pays or is paid by it any more.

The ledger stays whole: its accounts are frozen, and the transfers stay in the books under the handle, which nobody else
gets. What the person kept beside the ledger, their contacts, is removed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid5

from service_kit.kafka import InvalidMessage, Message
from transaction_service.domain import Account, AccountAct, ChangeAccount, Outcome
from transaction_service.domain.account import ACCOUNT_IDS
from transaction_service.ledger_client import LedgerClient, LedgerUnavailable
from transaction_service.protocol import OVERLOADED, Reply

CLOSED = "user.closed"
ACTOR = "auth_service"
_DONE = (Outcome.FROZEN, Outcome.ACCOUNT_CLOSED)
"""An account that its owner has closed before is out of use already."""


class AccountCloser:
    """Keys are made of the account's id: an event that is delivered again changes nothing.

    Args:
        accounts_of: the accounts of a user id; raises PyMongoError.
        forget: removes what the web process keeps of a user id; raises PyMongoError.
    """

    def __init__(
        self,
        ledger: LedgerClient,
        accounts_of: Callable[[str], Sequence[Account]],
        forget: Callable[[str], None],
    ) -> None:
        self._ledger = ledger
        self._accounts_of = accounts_of
        self._forget = forget

    def handle(self, messages: Sequence[Message]) -> None:
        """Raises LedgerUnavailable, PyMongoError (to be retried) or InvalidMessage."""
        for message in messages:
            user: dict[str, Any] = message.event
            accounts = self._accounts_of(user["user_id"])
            for call in [self._ledger.submit(_freezing(account, message.traceparent)) for account in accounts]:
                _expect(self._ledger.wait(call))
            self._forget(user["user_id"])


def _freezing(account: Account, traceparent: str | None) -> ChangeAccount:
    return ChangeAccount(
        id=str(uuid5(ACCOUNT_IDS, f"left:{account.id}")),
        key=f"left:{account.id}",
        fingerprint="",
        act=AccountAct.FREEZE,
        account=account.id,
        actor=ACTOR,
        role="admin",
        reason="The owner has closed their account with the platform.",
        traceparent=traceparent,
    )


def _expect(reply: Reply) -> None:
    if reply.status == OVERLOADED:
        raise LedgerUnavailable("the ledger's queue is full")
    if reply.status not in _DONE:
        raise InvalidMessage(f"the ledger answered {reply.status}")

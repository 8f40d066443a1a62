"""Four classic bugs of a payments platform, each put in place of what keeps it out.

Nothing of the platform knows of them: `plant` is called in the process under test, before the service's own main.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.results import UpdateResult
from uuid_utils import uuid7

from analytics_service.wiring import ingester
from transaction_service.domain import Answer, Command, Decision
from transaction_service.domain.commands import PostTransfer
from transaction_service.inbox import Envelope
from transaction_service.ledger import Writer
from transaction_service.storage.collections import Collections, Document
from transaction_service.storage.lease import Lease
from transaction_service.storage.ledger import MongoLedger

WRITE_BEHIND_SECONDS = 0.1
AUTO_COMMIT_MS = 50


def idempotency_off() -> None:
    """Every asking counts as the first: a payment's key and id are new each time that the writer takes it."""
    usual = MongoLedger.commit

    def commit(self: MongoLedger, lease: Lease, commands: Sequence[Command], now: datetime) -> Decision:
        return usual(self, lease, [_as_if_new(command) for command in commands], now)

    put(MongoLedger, "commit", commit)


def _as_if_new(command: Command) -> Command:
    if not isinstance(command, PostTransfer):
        return command
    id = str(uuid7())
    return replace(command, id=id, key=f"{command.key}#{id}")


@dataclass
class _Early:
    """An inbox that tells people as soon as something is decided, and not again when it is written."""

    inbox: Any
    batch: Sequence[Envelope]
    told: bool = False

    def answer(self, batch: Sequence[Envelope], answers: Sequence[Answer | None]) -> None:
        if not self.told:
            self.inbox.answer(batch, answers)
            self.told = True


def ack_before_write() -> None:
    """Who asks is answered when the batch is decided; it is written a moment later, as by a write-behind cache."""
    decide, write, early = Writer._decide, MongoLedger._write, list[_Early]()

    def answered_first(self: Writer, inbox: Any, lease: Lease, batch: list[Envelope]) -> None:
        early[:] = [_Early(inbox, batch)]
        decide(self, early[0], lease, batch)  # type: ignore[arg-type]

    def written_later(self: MongoLedger, session: ClientSession, lease: Lease, decision: Decision) -> None:
        early[0].answer(early[0].batch, decision.answers)
        time.sleep(WRITE_BEHIND_SECONDS)
        write(self, session, lease, decision)

    put(Writer, "_decide", answered_first)
    put(MongoLedger, "_write", written_later)


def auto_commit_on() -> None:
    """The ingester's Kafka client commits what it has handed out, whether anything came of it or not."""
    usual = ingester.open_consumer

    def open_consumer(**settings: Any) -> Any:
        return usual(**{**settings, "enable_auto_commit": True, "auto_commit_interval_ms": AUTO_COMMIT_MS})

    put(ingester, "open_consumer", open_consumer)


class _Unasserted:
    """A collection whose documents are changed whatever else than their id they should have."""

    def __init__(self, collection: Collection[Document]) -> None:
        self._collection = collection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._collection, name)

    def update_one(self, filter: Document, update: Document, session: ClientSession | None = None) -> UpdateResult:
        return self._collection.update_one({"_id": filter["_id"]}, update, session=session)


def epoch_not_asserted() -> None:
    """A writer goes on under a lease that somebody else has taken meanwhile."""
    usual = Collections.__init__

    def __init__(self: Collections, client: Any) -> None:  # noqa: N807 - it stands for one
        usual(self, client)
        self.control = _Unasserted(self.control)  # type: ignore[assignment]

    put(Collections, "__init__", __init__)


def put(owner: Any, name: str, bug: Callable[..., Any]) -> None:
    """Let `bug` stand for what `owner` has under this name.

    Raises AttributeError where it has no such thing, and TypeError where that is called in another way by now.
    """
    usual, new = inspect.signature(getattr(owner, name)).parameters, inspect.signature(bug).parameters
    if list(usual) != list(new):
        raise TypeError(f"{name} takes {', '.join(usual)} and the bug {', '.join(new)}")
    setattr(owner, name, bug)

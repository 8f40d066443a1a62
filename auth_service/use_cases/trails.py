"""How a use case tells what was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from auth_service.domain import Act, ActKind, Whence
from auth_service.ports import Trail


@dataclass(frozen=True)
class Trails:
    """Makes acts for the audit log; a store keeps each with the change that it tells of, in one transaction.

    Args:
        trail: keeps the acts that change nothing else.
        whence: where the present request, or command, comes from.
        by: who acts where not the account's owner does: OPERATOR in a command.
    """

    trail: Trail
    whence: Callable[[], Whence]
    by: str | None = None

    def act(self, user_id: str, kind: ActKind, at: datetime, *, by: str | None = None, **details: str) -> Act:
        """Of the user's own doing, unless `by` names somebody else."""
        return Act(user_id, kind, at, by or self.by or user_id, self.whence(), details)

    def record(self, act: Act) -> None:
        """Keep an act that changes nothing else."""
        self.trail.append(act)

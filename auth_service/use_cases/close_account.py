"""Closing one's own account: the person is forgotten, the handle and what was done stay (docs/decisions/0033)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from auth_service.domain import Act, MoneyLeft, User, whole_milliseconds
from auth_service.metrics import AuthMetrics
from auth_service.ports import PaymentAccounts, Users
from auth_service.use_cases.log_out import LogOut
from auth_service.use_cases.proof import Proof
from auth_service.use_cases.user_events import user_event
from service_kit.clock import Clock


@dataclass(frozen=True)
class CloseAccount:
    """For good: nobody logs in by it again, and nobody gets its user name.

    The password is asked for again, since an open browser is not its owner. The payment accounts must be empty: what is
    left there would be nobody's. Other services forget what they keep when they hear of `user.closed`.
    """

    users: Users
    proof: Proof
    payments: PaymentAccounts
    log_out: LogOut
    clock: Clock
    new_id: Callable[[], str]
    traceparent: Callable[[], str | None]
    metrics: AuthMetrics

    def __call__(self, user: User, session_id: str, password: str) -> None:
        """Raises WrongPassword, TooManyAttempts, MoneyLeft, LastAdmin, UserChanged, PaymentsUnavailable."""
        self.proof(user, password)
        if self.payments.hold_money(user, session_id):
            raise MoneyLeft
        now = whole_milliseconds(self.clock.now())
        closed = user.closed(now)
        event = user_event(closed, "user.closed", event_id=self.new_id(), at=now, traceparent=self.traceparent())
        # Without address and device: they would have to be forgotten in the same moment.
        self.log_out.tell(self.users.close(user, closed, event, Act(user.id, "user.closed", now, user.id)))
        self.metrics.account_changes.labels("closed").inc()

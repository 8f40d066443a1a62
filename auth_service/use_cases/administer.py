"""What administrators do to other people's accounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from auth_service.domain import AccountClosed, ActKind, Lock, OwnAccount, User, UserNotFound, whole_milliseconds
from auth_service.metrics import AuthMetrics
from auth_service.ports import Users
from auth_service.use_cases.log_out import LogOut
from auth_service.use_cases.trails import Trails
from auth_service.use_cases.user_events import UserEventType, user_event
from service_kit.clock import Clock


@dataclass(frozen=True)
class Administer:
    """Each act is told in the account's own chain with who did it, and to the platform by an event.

    A lock and a role that is taken end the account's sessions in the same transaction: every process hears of it within
    a second, as of a log-out. A role that is given counts from the next log-in on, in an API session from its next
    refresh on. What is so already changes nothing and is told to nobody. All raise UserNotFound, AccountClosed, and
    UserChanged where somebody else was faster.
    """

    users: Users
    log_out: LogOut
    clock: Clock
    new_id: Callable[[], str]
    traceparent: Callable[[], str | None]
    trails: Trails
    metrics: AuthMetrics

    def person(self, user_id: str) -> User:
        """Who has this id."""
        user = self.users.by_id(user_id)
        if user is None:
            raise UserNotFound
        return user

    def lock(self, admin_id: str, user_id: str, reason: str) -> User:
        """Nobody logs in until it is unlocked. Raises OwnAccount, LastAdmin."""
        user = self._other(admin_id, user_id)
        if user.lock is not None:
            return user
        locked = replace(user, lock=Lock(reason, whole_milliseconds(self.clock.now()), admin_id))
        return self._change(admin_id, user, locked, "user.locked", "user.locked", reason=reason)

    def unlock(self, admin_id: str, user_id: str) -> User:
        """They may log in again. Raises OwnAccount."""
        user = self._other(admin_id, user_id)
        if user.lock is None:
            return user
        return self._change(admin_id, user, replace(user, lock=None), "user.unlocked", "user.unlocked")

    def give_role(self, admin_id: str, user_id: str, role: str) -> User:
        """Also to oneself."""
        user = self.person(user_id)
        if role in user.roles:
            return user
        changed = replace(user, roles=(*user.roles, role))
        return self._change(admin_id, user, changed, "user.changed", "role.granted", role=role)

    def take_role(self, admin_id: str, user_id: str, role: str) -> User:
        """Raises OwnAccount for one's own `admin`, LastAdmin."""
        user = self._other(admin_id, user_id) if role == "admin" else self.person(user_id)
        if role not in user.roles:
            return user
        changed = replace(user, roles=tuple(each for each in user.roles if each != role))
        return self._change(admin_id, user, changed, "user.changed", "role.taken", role=role)

    def end_sessions(self, admin_id: str, user_id: str) -> int:
        """All of them, through whichever door; return how many were open."""
        return self.log_out.all_of(self.person(user_id).id, by=admin_id)

    def _other(self, admin_id: str, user_id: str) -> User:
        if admin_id == user_id:
            raise OwnAccount
        return self.person(user_id)

    def _change(
        self, admin_id: str, before: User, after: User, event_type: UserEventType, kind: ActKind, **details: str
    ) -> User:
        if before.closed_at is not None:
            raise AccountClosed
        now = whole_milliseconds(self.clock.now())
        event = user_event(after, event_type, event_id=self.new_id(), at=now, traceparent=self.traceparent())
        act = self.trails.act(before.id, kind, now, by=admin_id, **details)
        ends_sessions = kind in ("user.locked", "role.taken")
        self.log_out.tell(self.users.change(before, after, event, act, ends_sessions=ends_sessions))
        self.metrics.account_changes.labels(kind.removeprefix("user.").replace(".", "_")).inc()
        return after

"""Ending sessions: one's own, another of one's own, all others."""

from __future__ import annotations

from dataclasses import dataclass

from auth_service.domain import Session, whole_milliseconds
from auth_service.metrics import AuthMetrics
from auth_service.ports import SessionCache, Sessions
from auth_service.use_cases.trails import Trails
from service_kit.clock import Clock


@dataclass(frozen=True)
class LogOut:
    """An ended session is ended in MongoDB first; what Redis couldn't be told, the heartbeat says within a second."""

    sessions: Sessions
    cache: SessionCache
    clock: Clock
    metrics: AuthMetrics
    trails: Trails

    def __call__(self, session_id: str) -> bool:
        """End a session; return whether it was open. Done twice it is announced twice, should the first be lost."""
        session = self.sessions.by_id(session_id)
        return session is not None and self._end(session)

    def one_of(self, user_id: str, session_id: str) -> bool:
        """As above, where it is one of this user's; another's is left alone. Return whether it is theirs."""
        session = self.sessions.by_id(session_id)
        if session is None or session.user_id != user_id:
            return False
        self._end(session)
        return True

    def all_but(self, user_id: str, kept_session_id: str | None) -> int:
        """End the user's sessions, through whichever door, all or all but one; return how many were open."""
        kept = {"kept": kept_session_id} if kept_session_id else {}
        act = self.trails.act(user_id, "sessions.ended", whole_milliseconds(self.clock.now()), **kept)
        ended = self.sessions.end_all(user_id, act, kept_session_id)
        self.tell(ended)
        return len(ended)

    def all_of(self, user_id: str, by: str) -> int:
        """End every session of the user, as `by` (an administrator's id) wants it; return how many were open."""
        act = self.trails.act(user_id, "sessions.ended", whole_milliseconds(self.clock.now()), by=by)
        ended = self.sessions.end_all(user_id, act)
        self.tell(ended)
        return len(ended)

    def _end(self, session: Session) -> bool:
        now = whole_milliseconds(self.clock.now())
        ended = self.sessions.end(
            session.id, self.trails.act(session.user_id, "session.ended", now, session=session.id)
        )
        if ended:
            self.tell([session])
        else:
            self.cache.announce_ended([session.id])
        return ended

    def tell(self, ended: list[Session]) -> None:
        """Let every process know of sessions that ended in MongoDB."""
        if ended:
            self.metrics.sessions_ended.inc(len(ended))
            self.cache.drop(session.cookie_hash for session in ended if session.cookie_hash)
            self.cache.announce_ended([session.id for session in ended])

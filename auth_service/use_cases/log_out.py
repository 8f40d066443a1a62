"""Ending sessions: one's own, another of one's own, all others."""

from __future__ import annotations

from dataclasses import dataclass

from auth_service.domain import Session, whole_milliseconds
from auth_service.metrics import AuthMetrics
from auth_service.ports import SessionCache, Sessions
from service_kit.clock import Clock


@dataclass(frozen=True)
class LogOut:
    """An ended session is ended in MongoDB first; what Redis couldn't be told, the heartbeat says within a second."""

    sessions: Sessions
    cache: SessionCache
    clock: Clock
    metrics: AuthMetrics

    def __call__(self, session_id: str) -> bool:
        """End a session; return whether it was open. Doing it twice is harmless."""
        session = self.sessions.by_id(session_id)
        return session is not None and self._end([session]) == 1

    def one_of(self, user_id: str, session_id: str) -> bool:
        """End a session of this user; another's is left alone, and False is returned."""
        session = self.sessions.by_id(session_id)
        if session is None or session.user_id != user_id:
            return False
        return self._end([session]) == 1

    def all_but(self, user_id: str, kept_session_id: str) -> int:
        """End the user's other sessions, through whichever door; return how many were open."""
        ended = 0
        while others := self._others(user_id, kept_session_id):
            ended += self._end(others)
        return ended

    def _others(self, user_id: str, kept_session_id: str) -> list[Session]:
        found = self.sessions.open_of(user_id, self.clock.now())
        return [session for session in found if session.id != kept_session_id]

    def _end(self, sessions: list[Session]) -> int:
        now = whole_milliseconds(self.clock.now())
        ended = [session for session in sessions if self.sessions.end(session.id, now)]
        if ended:
            self.metrics.sessions_ended.inc(len(ended))
            self.cache.drop(session.cookie_hash for session in ended if session.cookie_hash)
            self.cache.announce_ended([session.id for session in ended])
        return len(ended)

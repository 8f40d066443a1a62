"""Proving the second factor again in an open session, before something that matters (RFC 9470)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from auth_service.domain import Session, User, scopes_of, whole_milliseconds
from auth_service.ports import SessionCache, Sessions
from auth_service.use_cases.guard import Visitor
from auth_service.use_cases.log_in import entry_of
from auth_service.use_cases.second_step import SecondStep
from auth_service.use_cases.tokens import SessionTokens, TokenGrant
from auth_service.use_cases.trails import Trails
from contracts.access_token import STEP_UP_SECONDS
from contracts.session import CACHE_SECONDS
from service_kit.clock import Clock
from service_kit.errors import TokenRevoked
from service_kit.step_up import StepUpRequired


@dataclass(frozen=True)
class StepUp:
    """Raises InvalidSecondFactor, TooManyAttempts; TokenRevoked where the session has ended meanwhile."""

    sessions: Sessions
    second_step: SecondStep
    cache: SessionCache
    tokens: SessionTokens
    trails: Trails
    clock: Clock

    def is_due(self, user_id: str, session_id: str) -> bool:
        """Whether the person has a second factor and hasn't proven it lately in this session: auth asks the truth."""
        if self.second_step.factor_of(user_id) is None:
            return False
        session = self.sessions.by_id(session_id)
        proven_at = session.stepped_up_at if session else None
        return proven_at is None or self.clock.now() - proven_at > timedelta(seconds=STEP_UP_SECONDS)

    def demand(self, user_id: str, session_id: str) -> None:
        """Raises StepUpRequired where a proof is due."""
        if self.is_due(user_id, session_id):
            raise StepUpRequired

    def __call__(self, user: User, session_id: str, code: str, visitor: Visitor) -> Session:
        """Use up a code; what the other services know of the session is renewed at once."""
        self.second_step.check(user, code, visitor)
        act = self.trails.act(user.id, "session.stepped_up", whole_milliseconds(self.clock.now()), session=session_id)
        if not self.sessions.step_up(session_id, act):
            raise TokenRevoked
        return self.renewed(session_id)

    def for_api(self, user: User, session_id: str, code: str, visitor: Visitor, scopes: frozenset[str]) -> TokenGrant:
        """An access token that says so, as long as another; the refresh token stays what it is.

        Its roles are the person's present ones, as a refresh takes them. `scopes`: of the token that asks, which gets
        none beyond them: whoever made it smaller meant that.
        """
        session, roles = self(user, session_id, code, visitor), user.session_roles
        now = whole_milliseconds(self.clock.now())
        return self.tokens.grant(session, "", now, roles, scopes & scopes_of(roles))

    def renewed(self, session_id: str) -> Session:
        """The session after a proof in it, which other services are to know of at once."""
        session = self.sessions.by_id(session_id)
        if session is None:
            raise TokenRevoked
        if session.cookie_hash is not None:
            self.cache.put(session.cookie_hash, entry_of(session), CACHE_SECONDS)
        return session

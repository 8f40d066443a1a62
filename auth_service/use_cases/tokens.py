"""The access token of a person's API session, and the refresh token that gets the next one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from auth_service import opaque_tokens
from auth_service.domain import RefreshToken, Session, scopes_of
from auth_service.ports import RefreshTokens, SigningKeys
from auth_service.signing import sign
from contracts.access_token import LIFETIME_SECONDS, AccessToken

MIN_SECONDS = 1


@dataclass(frozen=True)
class TokenGrant:
    """What an API client gets. Seconds: `expires_in` of the access token, `refresh_expires_in` of the unused other.

    `device_token`: at a log-in only, to be sent with the next one.
    """

    access_token: str
    expires_in: int
    scopes: frozenset[str]
    refresh_token: str = ""
    refresh_expires_in: int = 0
    device_token: str = ""


@dataclass(frozen=True)
class SessionTokens:
    """Makes them; who may have them is decided before."""

    refresh_tokens: RefreshTokens
    keys: SigningKeys
    new_id: Callable[[], str]
    new_token: Callable[[], str] = opaque_tokens.new_token

    def first(self, session: Session, now: datetime) -> TokenGrant:
        """Those of a session that is about to be opened."""
        token = self.new_token()
        grant = self.grant(session, token, now, session.roles)
        self.refresh_tokens.add(RefreshToken(opaque_tokens.hash_of(token), session.id, now), session.expires_at)
        return grant

    def grant(
        self,
        session: Session,
        refresh_token: str,
        now: datetime,
        roles: tuple[str, ...],
        wanted: frozenset[str] | None = None,
    ) -> TokenGrant:
        """An access token with these roles, to go with the refresh token. `wanted`: fewer scopes than they give.

        It ends with the session, should that be earlier.
        """
        issued_at = int(now.timestamp())
        left = int((session.expires_at - now) / timedelta(seconds=1))
        lifetime = max(MIN_SECONDS, min(LIFETIME_SECONDS, left))
        token = AccessToken(
            user_id=session.user_id,
            username=session.username,
            session_id=session.id,
            token_id=self.new_id(),
            roles=roles,
            scopes=scopes_of(roles) if wanted is None else wanted,
            issued_at=issued_at,
            expires_at=issued_at + lifetime,
            stepped_up_at=int(session.stepped_up_at.timestamp()) if session.stepped_up_at else None,
        )
        unused = int((session.ends_if_seen_at(now) - now) / timedelta(seconds=1))
        return TokenGrant(sign(token, self.keys.current()), lifetime, token.scopes, refresh_token, unused)

"""Revocation by the token itself (RFC 7009): whoever holds one may end what it stands for."""

from __future__ import annotations

from dataclasses import dataclass

from auth_service.opaque_tokens import hash_of, looks_like_one
from auth_service.ports import RefreshTokens
from auth_service.use_cases.log_out import LogOut
from auth_service.use_cases.service_tokens import client_of
from service_kit.errors import BadRequest, TokenInvalid
from service_kit.signing_keys import KeySource
from service_kit.tokens import decode


class UnsupportedTokenType(BadRequest):
    """A service's token belongs to no session; it lives for 5 minutes, and its client gets a new secret by set-up."""

    code = "unsupported_token_type"
    title = "Tokens of this type can't be revoked"


@dataclass(frozen=True)
class Revoke:
    """Ends the session of an access or a refresh token, and with it all that speaks for that session.

    Tokens that have ended or were exchanged end it too: their holder wants to be logged out. An unknown token is no
    mistake, since it is worth nothing already (RFC 7009, section 2.2).
    """

    keys: KeySource
    refresh_tokens: RefreshTokens
    log_out: LogOut

    def __call__(self, token: str) -> None:
        """Raises UnsupportedTokenType for a service's own token."""
        session_id = self._of_refresh_token(token) if looks_like_one(token) else self._of_access_token(token)
        if session_id is not None:
            self.log_out(session_id)

    def _of_refresh_token(self, token: str) -> str | None:
        found = self.refresh_tokens.by_hash(hash_of(token))
        return found.session_id if found else None

    def _of_access_token(self, token: str) -> str | None:
        try:
            read = decode(token, self.keys)
        except TokenInvalid:
            return None
        if client_of(read.user_id) is not None:
            raise UnsupportedTokenType(error="unsupported_token_type")
        return read.session_id

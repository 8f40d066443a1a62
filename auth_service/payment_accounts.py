"""Whether a person has money on the platform: asked of the payments service, in the person's own name."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from auth_service.domain import User
from auth_service.ports import SigningKeys
from auth_service.signing import sign
from contracts.access_token import AccessToken, Scope
from service_kit.clock import Clock
from service_kit.errors import Unavailable

TOKEN_SECONDS = 30


class PaymentsUnavailable(Unavailable):
    """The payments service gave no answer, so that nobody knows whether there is money left."""

    code = "payments_unavailable"
    title = "Your payment accounts can't be looked at right now"


class TransactionService:
    """ports.PaymentAccounts. The token that it signs lets one read the person's accounts for half a minute."""

    def __init__(
        self, http: httpx.Client, base_url: str, keys: SigningKeys, clock: Clock, new_id: Callable[[], str]
    ) -> None:
        self._http = http
        self._url = f"{base_url}/v1/accounts"
        self._keys = keys
        self._clock = clock
        self._new_id = new_id

    def hold_money(self, user: User, session_id: str) -> bool:
        """See ports.PaymentAccounts."""
        headers = {"Authorization": f"Bearer {self._token(user, session_id)}"}
        try:
            answer = self._http.get(self._url, headers=headers).raise_for_status()
            accounts = answer.json()["accounts"]
            return any(account[part] != 0 for account in accounts for part in ("posted", "pending_in", "pending_out"))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise PaymentsUnavailable from error

    def _token(self, user: User, session_id: str) -> str:
        now = int(self._clock.now().timestamp())
        token = AccessToken(
            user_id=user.id,
            username=user.username,
            session_id=session_id,
            token_id=self._new_id(),
            roles=user.roles,
            scopes=frozenset({Scope.ACCOUNTS_READ}),
            issued_at=now,
            expires_at=now + TOKEN_SECONDS,
        )
        return sign(token, self._keys.current())

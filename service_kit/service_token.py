"""A service's own access token, by client credentials (RFC 6749, section 4.4)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
from pydantic import SecretStr

from service_kit.errors import AuthUnavailable

RENEW_BEFORE_SECONDS = 30.0


class ServiceToken:
    """Fetches the token when first needed and again shortly before it ends; safe to share between threads.

    Args:
        clock: seconds, never going back.
    """

    def __init__(
        self,
        http: httpx.Client,
        url: str,
        client_id: str,
        client_secret: SecretStr,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._url = url
        self._client = httpx.BasicAuth(client_id, client_secret.get_secret_value())
        self._clock = clock
        self._token = ""
        self._renew_at = float("-inf")
        self._failed_at = float("-inf")
        self._lock = threading.Lock()

    def get(self) -> str:
        """The token; raises AuthUnavailable when auth can't be reached or refuses the credentials."""
        wanted_at = self._clock()
        with self._lock:
            if self._clock() >= self._renew_at:
                if self._failed_at >= wanted_at:
                    # Who waited while another thread asked in vain must not ask in vain one after the other.
                    raise AuthUnavailable("No token for this service: auth has just not given one.")
                self._fetch()
            return self._token

    def forget(self) -> None:
        """Auth refused the token (its keys or its memory changed): fetch another at the next use."""
        with self._lock:
            self._renew_at = float("-inf")

    def _fetch(self) -> None:
        asked_at = self._clock()
        try:
            answer = self._http.post(self._url, data={"grant_type": "client_credentials"}, auth=self._client)
            answer.raise_for_status()
            body = answer.json()
            self._token = str(body["access_token"])
            self._renew_at = asked_at + float(body["expires_in"]) - RENEW_BEFORE_SECONDS
        except (httpx.HTTPError, ValueError, KeyError) as error:
            self._failed_at = self._clock()
            raise AuthUnavailable(f"No token for this service ({type(error).__name__}).") from error


def ask_with(token: ServiceToken, http: httpx.Client, method: str, url: str, **options: Any) -> httpx.Response:
    """Send a request with the token, and once more with a fresh one where it was refused.

    `options` as httpx's `request` has them. Raises AuthUnavailable, httpx.HTTPError.
    """

    def send() -> httpx.Response:
        return http.request(method, url, headers={"Authorization": f"Bearer {token.get()}"}, **options)

    answer = send()
    if answer.status_code != httpx.codes.UNAUTHORIZED:
        return answer
    token.forget()
    return send()

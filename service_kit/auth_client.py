"""What a service asks auth, from server to server."""

from __future__ import annotations

from typing import Any

import httpx

from contracts.session import InvalidSessionEntry, SessionEntry
from service_kit.errors import AuthUnavailable
from service_kit.service_token import ServiceToken, ask_with

TIMEOUT_SECONDS = 1.5
"""Whoever asks us is told within two seconds that auth is away."""


def http_client() -> httpx.Client:
    """A client for calls between our services: short time-outs, no proxy of the environment."""
    return httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False)


class AuthClient:
    """Auth's JWKS, introspection and revocations. Every method raises AuthUnavailable when auth gives no answer."""

    def __init__(self, http: httpx.Client, base_url: str, token: ServiceToken) -> None:
        self._http = http
        self._base = base_url
        self._token = token

    def jwks(self) -> dict[str, Any]:
        """The JWK set; public, so it needs no token."""
        return self._json("GET", "/.well-known/jwks.json", authorized=False)

    def token_is_active(self, token: str) -> bool:
        """Whether auth still stands by an access token (RFC 7662); a refresh token is none, however active."""
        told = self._json("POST", "/v1/introspect", data={"token": token, "token_type_hint": "access_token"})
        return told.get("active") is True and told.get("token_type") == "Bearer"

    def session(self, cookie: str) -> SessionEntry | None:
        """The session of a cookie's value, or None where it has ended or never was."""
        response = self._call("POST", "/v1/introspect", data={"session": cookie})
        if _object(response).get("active") is not True:
            return None
        try:
            return SessionEntry.from_json(response.content)
        except InvalidSessionEntry as error:
            raise AuthUnavailable("Auth's answer was not understood.") from error

    def revoked_sessions(self) -> list[str]:
        """The ids of the sessions that ended so lately that something may still speak for them."""
        sessions = self._json("GET", "/v1/revocations").get("sessions")
        if not isinstance(sessions, list):
            raise AuthUnavailable("Auth's answer was not understood.")
        return [str(session) for session in sessions]

    def _json(self, method: str, path: str, *, authorized: bool = True, data: Any = None) -> dict[str, Any]:
        return _object(self._call(method, path, authorized=authorized, data=data))

    def _call(self, method: str, path: str, *, authorized: bool = True, data: Any = None) -> httpx.Response:
        try:
            if authorized:
                response = ask_with(self._token, self._http, method, self._base + path, data=data)
            else:
                response = self._http.request(method, self._base + path, data=data)
        except httpx.HTTPError as error:
            raise AuthUnavailable(f"Auth could not be reached ({type(error).__name__}).") from error
        if response.status_code != httpx.codes.OK:
            raise AuthUnavailable(f"Auth answered {response.status_code}.")
        return response


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError as error:
        raise AuthUnavailable("Auth's answer was not understood.") from error
    if not isinstance(body, dict):
        raise AuthUnavailable("Auth's answer was not understood.")
    return body

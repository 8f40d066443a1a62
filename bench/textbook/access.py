"""Who is asking: the token verified per request by PyJWT, and its session looked up in Redis."""

from dataclasses import dataclass

import jwt
from redis import Redis

from contracts import access_token


class NotAllowed(Exception):
    """No token, or none that counts. ``code`` as the platform's own services name it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Payer:
    """The person behind the token."""

    user_id: str
    username: str


class TokenCheck:
    """Keys from auth's JWKS, cached by PyJWKClient; revoked sessions are keys of a denylist in Redis."""

    def __init__(self, jwks_url: str, redis: Redis) -> None:
        self._keys = jwt.PyJWKClient(jwks_url, cache_keys=True, lifespan=3600)
        self._redis = redis

    def payer(self, authorization: str) -> Payer:
        """The payer named by an ``Authorization`` header; NotAllowed when it is no good."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotAllowed("token_missing")
        try:
            claims = jwt.decode(
                token,
                self._keys.get_signing_key_from_jwt(token),
                algorithms=[access_token.ALGORITHM],
                audience=access_token.AUDIENCE,
                issuer=access_token.ISSUER,
                options={"require": list(access_token.REQUIRED_CLAIMS)},
            )
        except jwt.ExpiredSignatureError:
            raise NotAllowed("token_expired") from None
        except jwt.PyJWTError:
            raise NotAllowed("token_invalid") from None
        # Named so that the platform's own Redis user, which may read session:*, can read it too.
        if self._redis.exists(f"session:revoked:{claims['sid']}"):
            raise NotAllowed("token_revoked")
        return Payer(claims["sub"], claims["username"])

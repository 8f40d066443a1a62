"""What stands between the password and the code: a signed note that the password was right, and nothing else.

It is no session. It is good for five minutes, for one thing, and only while the password is the one that it was
given for.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from itsdangerous import BadData, URLSafeSerializer
from pydantic import SecretStr

from auth_service.domain import User
from service_kit.clock import Clock

COOKIE_NAME = "fintech_second_step"
LIFETIME = timedelta(minutes=5)
CHALLENGE_MAX = 512


class Challenges:
    """Writes and reads such notes."""

    def __init__(self, secret: SecretStr, clock: Clock) -> None:
        self._signer = URLSafeSerializer(secret.get_secret_value(), salt="fintech-app/auth second step")
        self._clock = clock

    def of(self, user: User) -> str:
        """For a person whose password was right a moment ago."""
        return str(self._signer.dumps([user.id, _fingerprint(user), self._now()]))

    def user_id(self, challenge: str) -> str | None:
        """Whose it is, if it is ours and not too old; `fits` has the last word."""
        read = self._read(challenge)
        return read[0] if read else None

    def fits(self, challenge: str, user: User) -> bool:
        """Whether it was given to this person for the password that they have now."""
        read = self._read(challenge)
        return read is not None and read == (user.id, _fingerprint(user))

    def _read(self, challenge: str) -> tuple[str, str] | None:
        try:
            user_id, fingerprint, given_at = self._signer.loads(challenge)
        except (BadData, UnicodeError):
            return None
        return (user_id, fingerprint) if self._now() - given_at <= LIFETIME.total_seconds() else None

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _fingerprint(user: User) -> str:
    return hashlib.sha256(user.password_hash.encode()).hexdigest()[:16]

"""Devices on which a person has logged in: a signed note, kept by the device alone.

It opens nothing. It says that somebody with the right password sat here before, so that what strangers do to the
account from elsewhere doesn't keep this person out (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
"""

from __future__ import annotations

from datetime import timedelta

from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import SecretStr

from auth_service.domain import User

COOKIE_NAME = "fintech_device"
LIFETIME = timedelta(days=365)
TOKEN_MAX = 512


class Devices:
    """Writes and reads such notes: whose device it is, and which. A new password and a second factor that is switched
    on end those from before."""

    def __init__(self, secret: SecretStr) -> None:
        self._signer = URLSafeTimedSerializer(secret.get_secret_value())

    def token(self, user: User, device_id: str) -> str:
        """What the device keeps."""
        return str(self._signer.dumps([user.id, device_id], salt=_salt(user)))

    def of(self, user: User, token: str) -> str | None:
        """The device's id if the token is ours, of this person and not too old."""
        try:
            owner, device_id = self._signer.loads(token, max_age=int(LIFETIME.total_seconds()), salt=_salt(user))
        except (BadData, ValueError, TypeError):
            return None
        return str(device_id) if owner == user.id else None


def _salt(user: User) -> str:
    return f"fintech-app/auth device {user.notes_from}"

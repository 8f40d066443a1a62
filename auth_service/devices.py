"""Devices on which a person has logged in: a signed note, kept by the device alone.

It opens nothing. It says that somebody with the right password sat here before, so that what strangers do to the
account from elsewhere doesn't keep this person out (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
"""

from __future__ import annotations

from datetime import timedelta

from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import SecretStr

COOKIE_NAME = "fintech_device"
LIFETIME = timedelta(days=365)
TOKEN_MAX = 512


class Devices:
    """Writes and reads such notes: whose device it is, and which."""

    def __init__(self, secret: SecretStr) -> None:
        self._signer = URLSafeTimedSerializer(secret.get_secret_value(), salt="fintech-app/auth device")

    def token(self, user_id: str, device_id: str) -> str:
        """What the device keeps."""
        return str(self._signer.dumps([user_id, device_id]))

    def of(self, user_id: str, token: str) -> str | None:
        """The device's id if the token is ours, of this person and not too old."""
        try:
            owner, device_id = self._signer.loads(token, max_age=int(LIFETIME.total_seconds()))
        except (BadData, ValueError, TypeError):
            return None
        return str(device_id) if owner == user_id else None

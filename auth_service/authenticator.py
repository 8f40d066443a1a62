"""What is secret about a second factor: the key that an authenticator app shares, and the recovery codes.

Keys are encrypted at rest, under a key derived from SIGNING_KEY_SECRET for this purpose alone. Recovery codes have 120
random bits, so that a plain SHA-256 of them is as good as a slow hash (ASVS 5.0, 6.5.2).
"""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

import pyotp
import segno
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from auth_service.domain.second_factor import DRIFT_STEPS, RECOVERY_CODES, STEP_SECONDS

ISSUER = "Fintech App"
RECOVERY_BYTES = 15
_QR_SCALE = 5


class Authenticator:
    """Makes keys and codes, and knows by which step a code was made."""

    def __init__(self, secret: SecretStr) -> None:
        info = b"fintech-app/auth second factor"
        key = HKDF(SHA256(), 32, salt=None, info=info).derive(secret.get_secret_value().encode())
        self._box = Fernet(base64.urlsafe_b64encode(key))

    def new_secret(self) -> bytes:
        """160 random bits (RFC 4226, section 4), sealed."""
        return self._box.encrypt(pyotp.random_base32(32).encode())

    def shown(self, sealed: bytes) -> str:
        """The key as a person types it into an app: base32."""
        return self._box.decrypt(sealed).decode()

    def uri(self, sealed: bytes, username: str) -> str:
        """What the QR code says to the app."""
        return pyotp.TOTP(self.shown(sealed)).provisioning_uri(name=username, issuer_name=ISSUER)

    def qr_code(self, sealed: bytes, username: str) -> str:
        """That URI as an inline SVG: drawn here, so that nobody else learns the key."""
        return segno.make_qr(self.uri(sealed, username), error="m").svg_inline(
            scale=_QR_SCALE, border=3, dark="#000", light="#fff", svgclass="qr"
        )

    def step_of(self, sealed: bytes, code: str, now: datetime) -> int | None:
        """The time step whose code this is, among those that may be meant now."""
        totp = pyotp.TOTP(self.shown(sealed))
        present = int(now.timestamp()) // STEP_SECONDS
        found = None
        for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
            if secrets.compare_digest(totp.generate_otp(step).encode(), code.encode()):
                found = step
        return found


def new_recovery_codes() -> tuple[str, ...]:
    """Ten, as they are shown: six groups of four letters and digits."""
    return tuple(_recovery_code() for _ in range(RECOVERY_CODES))


def _recovery_code() -> str:
    text = base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))

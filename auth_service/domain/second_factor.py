"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for the day when it is lost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from service_kit.errors import Conflict, Forbidden, InvalidRequest

SET_UP_TIME = timedelta(minutes=15)
"""A set-up that no code confirms in this time is void."""
STEP_SECONDS = 30
DRIFT_STEPS = 1
"""How far the app's clock may be off, in steps, before and after (RFC 6238, section 5.2)."""
RECOVERY_CODES = 10
CODE_MAX = 64
_SEPARATORS = re.compile(r"[\s-]+")


@dataclass(frozen=True)
class SecondFactor:
    """One person's. `last_step`: the time step of the last code that was used; none up to it is taken again.

    It counts when it is confirmed: before, the person may not have got the secret into an app.
    """

    user_id: str
    sealed_secret: bytes
    begun_at: datetime
    confirmed_at: datetime | None = None
    last_step: int = 0
    recovery_hashes: tuple[str, ...] = ()

    def may_be_confirmed(self, now: datetime) -> bool:
        """Whether its set-up is still under way."""
        return self.confirmed_at is None and now < self.begun_at + SET_UP_TIME


class SecondFactorRequired(Forbidden):
    """The password is right, and the account has a second factor."""

    code = "second_factor_required"
    title = "A code of the second factor is required"
    advice = "Send `challenge` with a code to `/v1/login/second-factor` within five minutes."


class InvalidSecondFactor(Forbidden):
    """The code is wrong, was used before, or came too late; the challenge may have come too late as well."""

    code = "invalid_second_factor"
    title = "The code is not valid"
    advice = "Take the next code; if that fails too, look at the clock of the device, or log in again."


class SecondFactorInPlace(Conflict):
    """There is one already: switch it off before setting up another."""

    code = "second_factor_in_place"
    title = "There is a second factor already"


class NoSetUp(InvalidRequest):
    """No set-up is under way, or it took longer than a quarter of an hour."""

    code = "no_set_up"
    title = "The set-up has to be begun again"


def code_of(text: str) -> str:
    """A code as it is compared, however it was typed: without spaces and dashes, in small letters."""
    return _SEPARATORS.sub("", text).lower()

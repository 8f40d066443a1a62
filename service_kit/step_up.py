"""A recent proof for what matters: who has a second factor is asked for it again (RFC 9470, docs/decisions/0030)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from contracts.access_token import STEP_UP_SECONDS
from service_kit.env import Settings
from service_kit.errors import Unauthorized
from service_kit.principal import Principal


class StepUpRequired(Unauthorized):
    """This act needs a proof of the second factor that isn't older than `max_age` seconds."""

    code = "step_up_required"
    title = "A recent proof of the second factor is required"
    advice = "Send a code to auth's `/v1/step-up`, then repeat the request with the access token of its answer."

    def __init__(self, detail: str = "", **extensions: Any) -> None:
        challenge = f'Bearer error="insufficient_user_authentication", max_age="{STEP_UP_SECONDS}"'
        super().__init__(detail, headers={"WWW-Authenticate": challenge}, max_age=STEP_UP_SECONDS, **extensions)


def is_recently_proven(principal: Principal, now: float) -> bool:
    """Whether the last proof is recent enough, or the person has no second factor to prove. `now`: Unix seconds."""
    proven_at = principal.stepped_up_at
    return proven_at is None or now - proven_at <= STEP_UP_SECONDS


def step_up_url(settings: Settings, back: str) -> str:
    """Where a person proves it, and comes back from to the URL `back`."""
    return f"{settings.auth_public_url}/step_up_form?" + urlencode({"next": back})

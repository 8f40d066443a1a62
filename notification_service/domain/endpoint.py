"""Webhook endpoints: where a person's notifications are sent to, and how they are signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from unicodedata import category
from urllib.parse import urlsplit

from contracts.notices import Kind
from service_kit.errors import Conflict, InvalidRequest, Problem

MOST_PER_PERSON = 10
DESCRIPTION_MAX = 100
OVERLAP = timedelta(hours=24)
"""So long the secret that was replaced signs too."""
SECRETS_MAX = 3
"""What signs at once, if somebody replaces a secret again and again: each costs every receiver a comparison."""
GIVE_UP_AFTER = timedelta(days=5)
GIVE_UP_ATTEMPTS = 10
"""When every attempt has failed for so long, and there were so many, nobody is there any more."""
TO_SHOW_WITHIN = timedelta(minutes=10)
"""So long a page may come for the secret that was just made."""
NOT_PLAIN = "A description is one line of letters, numbers and signs that can be seen."
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
KINDS = tuple(kind for kind in Kind if kind not in (Kind.ALERT, Kind.WEBHOOK_TEST, Kind.WEBHOOK_DISABLED))
"""What an endpoint may ask for: all that people are told, but operators' alerts and what is about webhooks."""


class TooManyEndpoints(Conflict):
    """A person may have ten webhook endpoints."""

    code = "too_many_webhooks"
    title = "You have as many webhooks as a person may have"
    advice = "Delete one that you no longer use."


class EndpointDisabled(Conflict):
    """Nothing is sent to an endpoint that is disabled."""

    code = "webhook_disabled"
    title = "The webhook is disabled"
    advice = "Enable it first."


class StillOnItsWay(Conflict):
    """A delivery that is being tried needs no second order."""

    code = "delivery_pending"
    title = "The delivery is still being tried"
    advice = "Wait for its end; it is in the log."


class TooManyTests(Problem):
    """Five tests a minute a person."""

    status = 429
    code = "too_many_webhook_tests"
    title = "Too many tests of webhooks were sent"
    advice = "Wait a minute."


class TooManyResends(Problem):
    """Thirty a minute to one webhook."""

    status = 429
    code = "too_many_webhook_resends"
    title = "Too many messages were sent again"
    advice = "Wait a minute."


class TooManyChanges(Problem):
    """Thirty in ten minutes a person; each is told to its owner, by e-mail too."""

    status = 429
    code = "too_many_webhook_changes"
    title = "Webhooks were added, moved or given new secrets too often"
    advice = "Wait ten minutes."


class Disabled(StrEnum):
    """Why nothing is sent: its owner's wish, the receiver's (410 Gone), or every attempt failed for days."""

    BY_OWNER = "by_owner"
    GONE = "gone"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """A secret as it is kept. `ends_at`: until when it signs, None for the present one."""

    sealed: bytes
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Failing:
    """Every attempt since `since` failed, `attempts` of them."""

    since: datetime
    attempts: int

    def is_hopeless(self, now: datetime) -> bool:
        """Whether to give the endpoint up."""
        return self.attempts >= GIVE_UP_ATTEMPTS and now - self.since >= GIVE_UP_AFTER


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One receiver of one person. `kinds` None: all of them. `secrets`: the present one first. `enabled_at`: since when
    it was enabled the last time. `to_show_until`: the present secret is yet to be shown, until then."""

    id: str
    user_id: str
    url: str
    description: str
    kinds: frozenset[str] | None
    secrets: tuple[SealedSecret, ...]
    created_at: datetime
    enabled_at: datetime
    disabled: Disabled | None = None
    disabled_at: datetime | None = None
    failing: Failing | None = None
    to_show_until: datetime | None = None

    @property
    def name(self) -> str:
        """What its owner calls it, or its host: a path may be a secret."""
        return self.description or self.host

    @property
    def host(self) -> str:
        """With its port, as the URL has it."""
        return urlsplit(self.url).netloc

    def signing(self, now: datetime) -> list[bytes]:
        """The sealed secrets that sign now, the present one first."""
        return [secret.sealed for secret in self.secrets if secret.ends_at is None or secret.ends_at > now]

    def previous_until(self, now: datetime) -> datetime | None:
        """Until when a replaced secret signs too; None where none does."""
        return max((secret.ends_at for secret in self.secrets if secret.ends_at and secret.ends_at > now), default=None)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What the consumers need of an endpoint that is enabled."""

    id: str
    kinds: frozenset[str] | None

    def wants(self, kind: str) -> bool:
        """Whether a notification of this kind goes there."""
        return kind in KINDS and (self.kinds is None or kind in self.kinds)


def is_plain(text: str) -> bool:
    """Whether it shows as what it is: without control characters, breaks of lines, and what turns the direction of
    the text around it (https://trojansource.codes). It goes into titles and letters."""
    return not any(category(letter) in ("Cc", "Cs", "Zl", "Zp") or letter in _TURNING for letter in text)


def described(text: str) -> str:
    """A description as it may be; raises InvalidRequest."""
    if not is_plain(text):
        errors = [{"pointer": "#/description", "detail": "A character that can't be seen", "code": "pattern"}]
        raise InvalidRequest(NOT_PLAIN, errors=errors)
    return text


def rotated(secrets: Sequence[SealedSecret], new: bytes, now: datetime) -> tuple[SealedSecret, ...]:
    """`new` signs from now on, and for a day those that did so until now, the latest of them."""
    ends_at = now + OVERLAP
    before = [SealedSecret(secret.sealed, secret.ends_at or ends_at) for secret in secrets]
    live = [secret for secret in before if secret.ends_at and secret.ends_at > now]
    return (SealedSecret(new), *live[: SECRETS_MAX - 1])


def kinds_of(named: Sequence[str] | None) -> frozenset[str] | None:
    """The kinds by their names, None for all; raises InvalidRequest where one is none, or nothing is asked for."""
    if named is None:
        return None
    unknown = [position for position, kind in enumerate(named) if kind not in KINDS]
    if unknown or not named:
        errors = [{"pointer": f"#/kinds/{n}", "detail": "Not a kind", "code": "enum"} for n in unknown]
        raise InvalidRequest(f"Ask for one kind or more of these: {', '.join(KINDS)}.", errors=errors)
    return frozenset(named)

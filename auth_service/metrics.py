"""Every metric of auth, named and described once. HTTP's and Kafka's own come from the kit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from auth_service.domain import LINK_LIFETIME, LetterKind
from service_kit.errors import Problem
from service_kit.metrics import SECONDS_BUCKETS

ORIGINS = ("user", "demo", "probe")
ACCOUNT_CHANGES = ("locked", "unlocked", "role_granted", "role_taken", "closed")
DOORS = ("api", "browser")
OUTCOMES = ("success", "invalid_credentials", "busy", "second_factor_required", "invalid_second_factor")
MAIL_OUTCOMES = ("sent", "failed", "refused", "given_up", "withheld", "moot")
LIMITS = ("account", "device", "address", "sign_up", "client", "reset", "letter", "proof", "second_factor", "export")
SECOND_FACTORS = ("code", "recovery", "invalid")
REFRESHES = ("rotated", "repeated", "late", "reused", "unknown")


class AuthMetrics:
    """What the web process and the commands count."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._sign_ups = Counter(
            "auth_sign_ups", "People who signed up, by where they come from.", ("origin",), registry=registry
        )
        self._log_ins = Counter(
            "auth_log_ins", "Attempts to log in, by door and outcome.", ("door", "outcome"), registry=registry
        )
        self._refreshes = Counter(
            "auth_token_refreshes",
            "Refresh tokens that came: rotated, repeated by the same client, late in the grace, reused (which ends the "
            "session), or unknown.",
            ("outcome",),
            registry=registry,
        )
        self.attempts_refused = Counter(
            "auth_attempts_refused",
            "Log-ins, sign-ups, services' and other requests that came too early, by the limit that refused them.",
            ("limit",),
            registry=registry,
        )
        self.second_factors = Counter(
            "auth_second_factors",
            "Codes of a second factor that came, by what they were: of the app, for recovery, or invalid.",
            ("by",),
            registry=registry,
        )
        self.sessions_ended = Counter(
            "auth_sessions_revoked",
            "Sessions ended before their time: log-outs, and refresh tokens that came back.",
            registry=registry,
        )
        self.password_hash_seconds = Histogram(
            "auth_password_hash_duration_seconds",
            "Time for one password check or hash, with the wait for a place.",
            buckets=SECONDS_BUCKETS,
            registry=registry,
        )
        self.links_used = Counter(
            "auth_mail_links_used", "Mailed links that were used, by their letter.", ("kind",), registry=registry
        )
        self.password_changes = Counter(
            "auth_password_changes", "New passwords, by how: changed, or reset by letter.", ("how",), registry=registry
        )
        for how in ("changed", "reset"):
            self.password_changes.labels(how)
        for kind in LINK_LIFETIME:
            self.links_used.labels(kind)
        self.account_changes = Counter(
            "auth_account_changes",
            "What administrators did to accounts, and accounts that their owners closed.",
            ("change",),
            registry=registry,
        )
        for change in ACCOUNT_CHANGES:
            self.account_changes.labels(change)
        for origin in ORIGINS:
            self._sign_ups.labels(origin)
        for door in DOORS:
            for outcome in OUTCOMES:
                self._log_ins.labels(door, outcome)

        for by in SECOND_FACTORS:
            self.second_factors.labels(by)
        for limit in LIMITS:
            self.attempts_refused.labels(limit)
        for outcome in REFRESHES:
            self._refreshes.labels(outcome)

    def refreshed(self, outcome: str) -> None:
        """Somebody sent a refresh token; `outcome` is one of REFRESHES."""
        self._refreshes.labels(outcome).inc()

    def signed_up(self, origin: str) -> None:
        """Somebody has an account now."""
        self._sign_ups.labels(origin).inc()

    def logged_in(self, door: str) -> None:
        """Somebody has a session now."""
        self._log_ins.labels(door, "success").inc()

    @contextmanager
    def refusing(self, door: str) -> Iterator[None]:
        """Count what an attempt to log in is refused for, where that is one of OUTCOMES."""
        try:
            yield
        except Problem as refused:
            if refused.code in OUTCOMES:
                self._log_ins.labels(door, refused.code).inc()
            raise


class MailerMetrics:
    """What the mailer measures."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.letters = Counter(
            "auth_mail_letters",
            "Letters by what was ordered and what came of it: sent; failed, to be tried again; refused by the mail "
            "server; given_up, as it would be too late; withheld, since the address got too many; moot.",
            ("kind", "outcome"),
            registry=registry,
        )
        self.depth = Gauge("auth_mail_orders", "Letters that wait to be sent.", registry=registry)
        self.oldest = Gauge(
            "auth_mail_oldest_age_seconds", "How long the oldest letter has waited; 0 with none.", registry=registry
        )
        self.hand_over_seconds = Histogram(
            "auth_mail_hand_over_duration_seconds",
            "Time to write a letter and hand it to the mail server, also in vain.",
            buckets=SECONDS_BUCKETS,
            registry=registry,
        )
        for kind in get_args(LetterKind):
            for outcome in MAIL_OUTCOMES:
                self.letters.labels(kind, outcome)


class RelayMetrics:
    """What the relay measures."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.outbox_depth = Gauge("auth_outbox_events", "Events that wait to be published.", registry=registry)
        self.outbox_oldest = Gauge(
            "auth_outbox_oldest_age_seconds", "How long the oldest event has waited; 0 with none.", registry=registry
        )
        self.published = Counter("auth_outbox_published", "Events published to Kafka.", registry=registry)
        self.publish_failures = Counter(
            "auth_outbox_publish_failures",
            "Batches that Kafka did not acknowledge; they are repeated.",
            registry=registry,
        )
        self.publish_seconds = Histogram(
            "auth_outbox_publish_duration_seconds",
            "Time to publish and remove one batch.",
            buckets=SECONDS_BUCKETS,
            registry=registry,
        )
        self.open_sessions = Gauge(
            "auth_sessions_active", "Sessions that are open, by door.", ("door",), registry=registry
        )
        self.heartbeats = Counter(
            "auth_revocation_heartbeats",
            "Heartbeats on the revocations channel, by outcome.",
            ("outcome",),
            registry=registry,
        )
        self.signing_key_age = Gauge(
            "auth_signing_key_age_seconds", "How long the key that signs now has done so.", registry=registry
        )
        self.signing_key_max_age = Gauge(
            "auth_signing_key_max_age_seconds", "How long a key signs, by the schedule.", registry=registry
        )
        self.signing_keys = Gauge(
            "auth_signing_keys",
            "Keys in the JWKS: the one that signs, the next one, and those whose tokens still live.",
            registry=registry,
        )
        for door in DOORS:
            self.open_sessions.labels(door)
        for outcome in ("sent", "failed"):
            self.heartbeats.labels(outcome)

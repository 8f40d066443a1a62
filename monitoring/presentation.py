"""How figures, times and names are told to people: the templates' filters."""

from __future__ import annotations

from flask import Flask
from flask_babel import format_percent
from flask_babel import lazy_gettext as _

from monitoring.status.claims import Claim, Holds
from service_kit.presentation import count

STAGES = {
    "requested": _("Requested"),
    "decided": _("Decided by the ledger"),
    "committed": _("Committed, durable"),
    "published": _("Published to Kafka"),
    "consumed_by_notification": _("Taken up by notifications"),
    "in_inbox": _("In the inbox"),
    "consumed_by_analytics": _("Taken up by analytics"),
    "in_lake": _("In the reports"),
}
KINDS = {
    "payment": _("Payment"),
    "grant": _("Sign-up gift"),
    "deposit": _("Deposit"),
    "withdrawal": _("Withdrawal"),
    "refund": _("Refund"),
    "reversal": _("Reversal"),
    "capture": _("Refused capture"),
    "void": _("Refused call-off"),
}
STATUSES = {
    "scheduled": _("Scheduled"),
    "pending": _("Held"),
    "posted": _("Posted"),
    "voided": _("Called off"),
    "expired": _("Expired"),
    "rejected": _("Rejected"),
}
STATUS_TONES = {"posted": "good", "rejected": "bad", "scheduled": "warn", "pending": "warn"}
CHANNELS = {"email": _("E-mail"), "webhook": _("Webhook")}
SENDINGS = {
    "pending": _("on its way"),
    "delivered": _("arrived"),
    "dead": _("given up"),
    "cancelled": _("called off"),
}
STATES = {"waiting": _("waiting"), "not_kept": _("not kept"), "unknown": _("not known")}
SERVICES = {
    "auth_service": _("Accounts"),
    "transaction_service": _("Payments"),
    "notification_service": _("Notifications"),
    "analytics_service": _("Analytics"),
    "monitoring": _("Monitoring"),
    "servers": _("Servers"),
}
RECONCILED = {"published": _("Published"), "notified": _("Notified"), "in_lake": _("In the reports")}
PROMISES = {
    "availability": _("Availability"),
    "latency": _("Latency"),
    "freshness": _("Freshness"),
    "correctness": _("Correctness"),
}
HOLDS = {Holds.YES: _("holds"), Holds.NO: _("broken"), Holds.IDLE: _("quiet"), Holds.UNKNOWN: _("not known")}
TONES = {Holds.YES: "good", Holds.NO: "bad", Holds.IDLE: "quiet", Holds.UNKNOWN: "warn"}
SPANS = {"1h": _("hour"), "1d": _("day"), "90d": _("90 days")}
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def install_filters(app: Flask) -> None:
    """`milliseconds`, `duration`, `figure`, `budget`, `kept`, `step_name`, and the tables above."""
    app.jinja_env.filters.update(
        milliseconds=milliseconds, duration=duration, figure=figure, budget=budget, kept=kept, step_name=step_name
    )
    app.jinja_env.globals.update(
        STAGES=STAGES,
        KINDS=KINDS,
        STATUSES=STATUSES,
        STATUS_TONES=STATUS_TONES,
        STATES=STATES,
        CHANNELS=CHANNELS,
        SENDINGS=SENDINGS,
        SERVICES=SERVICES,
        RECONCILED=RECONCILED,
        PROMISES=PROMISES,
        HOLDS=HOLDS,
        TONES=TONES,
    )


def step_name(status: str, before: str | None) -> str:
    """What a record did to a transfer that was `before`; None: it is the first."""
    after = {("pending", "posted"): _("Captured"), ("scheduled", "posted"): _("Executed")}
    return str(after.get((before or "", status), STATUSES[status]))


def milliseconds(value: int | float | None) -> str:
    """A delay, with as many digits as matter: 0.4 ms, 12 ms, 1.24 s, 3 min."""
    if value is None:
        return "–"
    if abs(value) < 10 and value != round(value):
        return f"{value:.1f} ms"
    if abs(value) < 1000:
        return f"{value:.0f} ms"
    if abs(value) < _MINUTE * 1000:
        return f"{value / 1000:.2f} s"
    return duration(value / 1000)


def duration(seconds: float | None) -> str:
    """A span of time in its largest unit: 12 s, 3 min, 2 h, 5 d."""
    if seconds is None:
        return "–"
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def kept(claim: Claim) -> list[tuple[str, str]]:
    """How a promise was kept over each span that is known: the span in words, and the share, never rounded up."""
    return [
        (str(SPANS[span]), str(format_percent(int(share * 100_000) / 100_000, "0.###%")))
        for span, share in claim.over.items()
    ]


def budget(claim: Claim) -> str:
    """How much of what may go wrong in the promise's days has not; a share is never rounded up."""
    left = claim.budget_left or 0
    if left <= 0:
        return str(_("more went wrong in 30 days than was promised"))
    return str(_("%(share)s of the budget left", share=format_percent(int(left * 1000) / 1000, "0.#%")))


def figure(claim: Claim) -> str:
    """A claim's figure: a share never rounded up to 100 %, or a count."""
    if claim.figure is None:
        return "–"
    if claim.promise == "correctness":
        return count(claim.figure)
    shown = int(claim.figure * 10_000) / 10_000
    return str(format_percent(shown, "0.##%"))

"""What a manager sees first: a few large figures in plain words, and what is not as it was a week ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from flask_babel import format_percent
from flask_babel import gettext as _

from analytics_service.filters import PAYMENT
from analytics_service.presentation import word
from analytics_service.use_cases.days import LastDays
from analytics_service.use_cases.live import Figures
from contracts.money import Money
from service_kit.presentation import count, money

FEW = 20
"""With fewer payments than these a share says nothing."""
DROP = 0.02
HALF = 2
REASONS = 3
WIDTH, HEIGHT = 120, 28


@dataclass(frozen=True)
class Large:
    """One large figure; `points` is the line of its last days, for an SVG of WIDTH x HEIGHT."""

    id: str
    title: str
    figure: str
    note: str
    points: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Worry:
    """A sentence about what isn't as it should be."""

    tone: str
    text: str
    query: dict[str, str] = field(default_factory=dict)
    """The filter by which the transfers that it is about are found."""


def large_figures(last: LastDays) -> list[Large]:
    """Money moved in each currency, payments, success, and who was active."""
    found = [_money_moved(last, currency) for currency in _currencies(last)]
    posted = [_payments(day)[0] for day in last.days]
    before = _payments(last.week_ago)[0]
    found.append(Large("payments", _("Payments today"), count(posted[-1]), _since(posted[-1], before), _line(posted)))
    ratio, ratio_before = last.today.success_ratio, last.week_ago.success_ratio
    note = _("no payment yet") if ratio is None else _("posted of all payments today")
    if ratio_before is not None:
        note = _("%(share)s a week ago", share=_share(ratio_before))
    ratios = [day.success_ratio for day in last.days]
    tone = "bad" if _has_dropped(last) else ""
    shown = "–" if ratio is None else _share(ratio)
    found.append(Large("success", _("Payments that went well"), shown, note, _line(ratios), tone))
    note = _("%(n)s at this time a week ago", n=count(last.active_week_ago))
    found.append(Large("active", _("Active accounts today"), count(last.active), note))
    return found


def worries(last: LastDays) -> list[Worry]:
    """What is worth a look: fewer payments that go well, far fewer payments, and why they are refused."""
    found = []
    today = {"from": last.today.from_.isoformat(), "type": PAYMENT, "status": "rejected"}
    if _has_dropped(last):
        now, before = last.today.success_ratio or 0, last.week_ago.success_ratio or 0
        text = _("Fewer payments go well: %(now)s, a week ago %(before)s.", now=_share(now), before=_share(before))
        found.append(Worry("bad", text, today))
    posted, before_ = _payments(last.today)[0], _payments(last.week_ago)[0]
    if before_ >= FEW and posted * HALF < before_:
        text = _("Less than half the payments of a week ago: %(n)s, not %(b)s.", n=count(posted), b=count(before_))
        found.append(Worry("warn", text))
    for reason, transfers in last.today.reasons[:REASONS]:
        text = _("%(n)s refused today: %(why)s.", n=count(transfers), why=word(reason))
        found.append(Worry("quiet", text, {**today, "reason": reason}))
    return found


def _money_moved(last: LastDays, currency: str) -> Large:
    amounts = [_amount(day, currency) for day in last.days]
    before = _amount(last.week_ago, currency)
    values = [Money(amount, currency).decimal() for amount in amounts]
    note = _since(amounts[-1], before, money(before, currency))
    return Large(f"moved-{currency}", _("Paid today"), money(amounts[-1], currency), note, _line(values))


def _currencies(last: LastDays) -> list[str]:
    return sorted({t.currency for day in last.days for t in day.totals if t.type == PAYMENT and t.amount})


def _amount(figures: Figures, currency: str) -> int:
    return sum(t.amount for t in figures.totals if (t.type, t.currency) == (PAYMENT, currency))


def _payments(figures: Figures) -> tuple[int, int]:
    of_payments = [total for total in figures.totals if total.type == PAYMENT]
    return sum(total.posted for total in of_payments), sum(total.rejected for total in of_payments)


def _has_dropped(last: LastDays) -> bool:
    now, before = last.today.success_ratio, last.week_ago.success_ratio
    enough = sum(_payments(last.today)) >= FEW
    return enough and now is not None and before is not None and now < before - DROP


def _since(now: int, before: int, shown: str = "") -> str:
    """Today's against a week ago, in words."""
    if not before:
        return _("nothing at this time a week ago")
    change = Decimal(now - before) / before
    said = f"{format_percent(change, format='+#,##0%;-#,##0%')}"
    return _("%(change)s · %(before)s at this time a week ago", change=said, before=shown or count(before))


def _share(ratio: float) -> str:
    # Down, not to the nearest: 100 % is said when it is all of them.
    return str(format_percent(Decimal(int(Decimal(str(ratio)) * 1000)) / 1000, format="#,##0.#%"))


def _line(values: Sequence[Decimal | float | None]) -> str:
    """The points of a polyline, from left to right; where there is no value, none."""
    known = [float(value) for value in values if value is not None]
    top = max(known, default=0.0)
    if not top:
        return ""
    step = WIDTH / max(len(values) - 1, 1)
    places = [(n * step, HEIGHT - 2 - float(v) / top * (HEIGHT - 4)) for n, v in enumerate(values) if v is not None]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)

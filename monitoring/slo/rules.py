"""The recording rules and alerts of the promises, as Prometheus reads them.

Recorded, each with the label `slo`: `slo:errors:ratio_rate5m`, the share of bad events of 5 minutes; `slo:errors:ratio`
and `slo:bad_events:increase`, by `burn`, the ratio also by `side`; `slo:events:rate5m` and `slo:bad_events:rate5m`, of
which the budget is made; `slo:good:ratio`, the share of good events by the span `over`; `slo:allowed:ratio`, the share
that may be bad; `slo:budget_left:ratio`, 1: untouched, 0: used up, below: broken. Where nothing happened a ratio is
absent: nothing was promised to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from monitoring.slo.declared import Slo
from monitoring.slo.windows import Burn, burns, written

Rule = dict[str, Any]
RECENT = "5m"
OFTEN = timedelta(hours=1)
"""Windows up to this long are seen to as often as everything else; the others, which read much more, once a minute."""
SELDOM = "1m"
TOLD_OVER = ("1h", "1d", "90d")
"""The spans over which the status page tells how a promise was kept."""
HOLDS_FOR = {"real": "2m", "demo": "10s"}
DASHBOARD = "/d/fintech-slo?viewPanel={panel}"
SEVERITIES = {"page": "BudgetBurn", "ticket": "BudgetSlowBurn"}


def rule_file(slo: Slo, scale: str, panel: int) -> dict[str, Any]:
    """The document of one promise's rule file; `panel` shows how fast its budget burns."""
    found = burns(scale)
    often, seldom = _by_length(found)
    return {
        "groups": [
            {"name": f"slo-{slo.name}", "rules": [*_now(slo), *_ratios(slo, often)]},
            {"name": f"slo-{slo.name}-long", "interval": SELDOM, "rules": [*_ratios(slo, seldom), *_budget(slo)]},
            {"name": f"slo-{slo.name}-alerts", "rules": _alerts(slo, found, scale, panel)},
        ]
    }


def alert_name(slo: Slo, severity: str) -> str:
    """What the promise's alert of this severity is called."""
    return slo.alert + SEVERITIES[severity]


def summary(slo: Slo, share: str) -> str:
    """What an alert says; `share` is the share of bad events, or the template that writes it."""
    return f"{share} {slo.failing}; {100 * slo.allowed:f} % is promised"


def panel_of(slos: Sequence[Slo], slo: Slo) -> int:
    """The id of the panel of the dashboard that shows how fast this promise's budget burns."""
    return 10 * (slos.index(slo) + 1) + 1


Windows = list[tuple[Burn, str, timedelta]]


def _by_length(found: Iterable[Burn]) -> tuple[Windows, Windows]:
    every = [(burn, side, window) for burn in found for side, window in burn.windows.items()]
    return [each for each in every if each[2] <= OFTEN], [each for each in every if each[2] > OFTEN]


def _now(slo: Slo) -> list[Rule]:
    return [
        {"record": "slo:allowed:ratio", "expr": f"vector({slo.allowed:f})", "labels": {"slo": slo.name}},
        {"record": "slo:errors:ratio_rate5m", "expr": _ratio(slo, RECENT), "labels": {"slo": slo.name}},
    ]


def _ratios(slo: Slo, windows: Windows) -> list[Rule]:
    rules: list[Rule] = []
    for burn, side, window in windows:
        labels = {"slo": slo.name, "burn": burn.name}
        rules.append(
            {"record": "slo:errors:ratio", "expr": _ratio(slo, written(window)), "labels": {**labels, "side": side}}
        )
        if side == "long":
            rules.append(
                {"record": "slo:bad_events:increase", "expr": _bad(slo, "increase", written(window)), "labels": labels}
            )
    return rules


def _budget(slo: Slo) -> list[Rule]:
    """Bad events by all events, each counted once, from what was recorded a minute apart: the counters of a month are
    too many samples to read."""
    own = {"slo": slo.name}
    return [
        {"record": "slo:events:rate5m", "expr": _sum("rate", slo.events, RECENT), "labels": own},
        {"record": "slo:bad_events:rate5m", "expr": _bad(slo, "rate", RECENT), "labels": own},
        *(
            {
                "record": "slo:good:ratio",
                "expr": f"1 - {_bad_share(slo, over)}",
                "labels": {**own, "over": over},
            }
            for over in TOLD_OVER
        ),
        {
            "record": "slo:budget_left:ratio",
            "expr": f"1 - {_bad_share(slo, f'{slo.window_days}d')} / {slo.allowed:f}",
            "labels": own,
        },
    ]


def _bad_share(slo: Slo, over: str) -> str:
    chosen = f'{{slo="{slo.name}"}}[{over}]'
    return f"sum_over_time(slo:bad_events:rate5m{chosen}) / (sum_over_time(slo:events:rate5m{chosen}) > 0)"


def _alerts(slo: Slo, found: Sequence[Burn], scale: str, panel: int) -> list[Rule]:
    return [
        {
            "alert": alert_name(slo, severity),
            "expr": _burning(slo, [burn for burn in found if burn.severity == severity]),
            "for": HOLDS_FOR[scale],
            "labels": {"severity": severity},
            "annotations": {
                "summary": summary(slo, "{{ $value | humanizePercentage }}"),
                "runbook_url": f"docs/runbooks/{alert_name(slo, severity)}.md",
                "dashboard_url": DASHBOARD.format(panel=panel),
            },
        }
        for severity in SEVERITIES
    ]


def _burning(slo: Slo, found: Sequence[Burn]) -> str:
    return f"max by (slo) ({' or '.join(_one_burning(slo, burn) for burn in found)})"


def _one_burning(slo: Slo, burn: Burn) -> str:
    chosen, limit = f'slo="{slo.name}", burn="{burn.name}"', f"{burn.speed:g} * {slo.allowed:f}"
    return (
        f'slo:errors:ratio{{{chosen}, side="long"}} > {limit}'
        f' and ignoring (side) slo:errors:ratio{{{chosen}, side="short"}} > {limit}'
        f" and ignoring (side) slo:bad_events:increase{{{chosen}}} >= {slo.least_bad}"
    )


def _ratio(slo: Slo, window: str) -> str:
    """Where no event is good, no series of good ones need exist."""
    good, events = _sum("rate", slo.good, window), _sum("rate", slo.events, window)
    return f"clamp_min(1 - ({good} or vector(0)) / ({events} > 0), 0)"


def _bad(slo: Slo, function: str, window: str) -> str:
    return f"{_sum(function, slo.events, window)} - ({_sum(function, slo.good, window)} or vector(0))"


def _sum(function: str, selector: str, window: str) -> str:
    return f"sum({function}({selector}[{window}]))"

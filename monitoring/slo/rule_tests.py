"""The tests of the promises' rules, for `promtool test rules`: each alert fires, also on a slow burn, does not
fire, is silent without traffic and for a handful of bad events, and is over soon after the burn is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from monitoring.slo.declared import Slo
from monitoring.slo.rules import DASHBOARD, SEVERITIES, TOLD_OVER, alert_name, summary
from monitoring.slo.windows import Burn, burns, written

INTERVALS = {"real": timedelta(minutes=1), "demo": timedelta(seconds=5)}
EVENTS = 1000
"""So many a step, where anything happens."""
STEPS = 30
FIRES = {"page": (20, 8), "ticket": (4, 1.5)}
"""Speeds at which both of a severity's pairs of windows see a burn, and at which only the slower one does."""
DOES_NOT = {"page": 5, "ticket": 0.8}


@dataclass(frozen=True)
class Stage:
    """So many steps, with so many good and bad events in each."""

    steps: int
    good: float
    bad: float


def test_file(slo: Slo, scale: str, panel: int) -> dict[str, Any]:
    """The document of one promise's test file."""
    interval = INTERVALS[scale]
    cases = [case for severity in SEVERITIES for case in _cases(slo, severity, burns(scale), interval, panel)]
    return {
        "rule_files": [f"../slo/{scale}/{slo.name}.yml"],
        "evaluation_interval": written(interval),
        "tests": [*cases, _budget(slo, interval)],
    }


def _cases(slo: Slo, severity: str, found: Iterable[Burn], interval: timedelta, panel: int) -> Iterable[dict[str, Any]]:
    alert = alert_name(slo, severity)
    fast, slow = FIRES[severity]
    clean = max(burn.short for burn in found if burn.severity == severity) // interval

    def case(name: str, *stages: Stage, share: float | None = None) -> dict[str, Any]:
        expected = [] if share is None else [_alert(slo, severity, share, panel)]
        return _test(
            f"{alert} {name}",
            slo,
            interval,
            stages,
            {"alert_rule_test": [{"eval_time": _end(stages, interval), "alertname": alert, "exp_alerts": expected}]},
        )

    yield case("fires", _burn(slo, fast, STEPS), share=fast * float(slo.allowed))
    yield case("fires on a slow burn", _burn(slo, slow, STEPS), share=slow * float(slo.allowed))
    yield case("does not fire", _burn(slo, DOES_NOT[severity], STEPS))
    yield case("does not fire for a handful", Stage(STEPS, 0, 0), Stage(1, 0, slo.least_bad - 1), Stage(STEPS, 0, 0))
    if severity == "page":
        # A ticket's windows are as many steps long as make this test slow, and its rule is made the same way.
        yield case("is over soon after the burn", _burn(slo, fast, clean // 2), _burn(slo, 0, clean + 3))
    yield case("no traffic", Stage(STEPS, 0, 0))


def _budget(slo: Slo, interval: timedelta) -> dict[str, Any]:
    """Half of the allowed bad events leave half of the budget."""
    stages = [_burn(slo, 0.5, STEPS)]
    own = f'slo="{slo.name}"'
    kept = round(100_000 * (1 - 0.5 * float(slo.allowed)))
    questions = [
        {
            "expr": f"round({series}{{{own}}} * {times})",
            "eval_time": _end(stages, interval),
            "exp_samples": [{"labels": f"{{{labels}}}", "value": value} for labels in found],
        }
        for series, times, value, found in (
            ("slo:budget_left:ratio", 1000, 500, [own]),
            ("slo:good:ratio", 100_000, kept, [f'over="{over}", {own}' for over in TOLD_OVER]),
        )
    ]
    return _test(f"budget of {slo.name}", slo, interval, stages, {"promql_expr_test": questions})


def _alert(slo: Slo, severity: str, share: float, panel: int) -> dict[str, Any]:
    return {
        "exp_labels": {"severity": severity, "slo": slo.name},
        "exp_annotations": {
            "summary": summary(slo, f"{100 * share:.4g}%"),
            "runbook_url": f"docs/runbooks/{alert_name(slo, severity)}.md",
            "dashboard_url": DASHBOARD.format(panel=panel),
        },
    }


def _burn(slo: Slo, speed: float, steps: int) -> Stage:
    bad = EVENTS * speed * float(slo.allowed)
    return Stage(steps, round(EVENTS - bad, 9), round(bad, 9))


def _test(name: str, slo: Slo, interval: timedelta, stages: Sequence[Stage], asked: dict[str, Any]) -> dict[str, Any]:
    series = dict.fromkeys([*slo.examples.good, *slo.examples.bad])
    return {
        "name": name,
        "interval": written(interval),
        "input_series": [{"series": each, "values": _values(each, slo, stages)} for each in series],
        **asked,
    }


def _values(series: str, slo: Slo, stages: Iterable[Stage]) -> str:
    """The counter's values in promtool's notation: start+increasexsteps, stage by stage."""
    parts, value = [], 0.0
    for stage in stages:
        step = stage.good * (series in slo.examples.good) + stage.bad * (series in slo.examples.bad)
        parts.append(f"{value + step:g}+{step:g}x{stage.steps - 1}")
        value += step * stage.steps
    return " ".join(["0", *parts])


def _end(stages: Iterable[Stage], interval: timedelta) -> str:
    return written(sum(stage.steps for stage in stages) * interval)

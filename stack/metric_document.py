"""docs/metrics.md, made from the code: `python -m stack.metric_document` writes it; a test holds the two together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import yaml

from stack.declared_metrics import FOREIGN, ROOT, Declared, declared
from stack.process_list import Process, load_process_list
from stack.reached import called_from

PAGE = ROOT / "docs" / "metrics.md"
PROMETHEUS = ROOT / "monitoring" / "prometheus"
UNITS = {
    "timestamp_seconds": "Unix seconds",
    "start_time_seconds": "Unix seconds",
    "seconds": "seconds",
    "bytes": "bytes",
    "minor_units": "minor units",
    "ratio": "0 to 1",
}
MOST_VALUES = 12
HEAD = """# Metrics

Written by `make documents` from the code; a test holds the two together, and another holds it against what the running
processes answer at `/metrics`. Prometheus adds the labels `process`, `service` and `kind` to each series.

A label's values are few and fixed, and exist as soon as the process has started, since `increase()` misses a counter's
first event: they stand behind its name. "…" means that they are known only then (topics, groups, currencies, routes).
Nothing about a user, an account or a raw path is ever a label; the one exception, `ledger_breach`, names at most ten
accounts that are wrong.
"""
Exporters = Mapping[str, tuple[str, ...]]
"""The processes that export what is made at a source, by that source."""


def page() -> str:
    """The whole text."""
    made = exporters()
    parts = [HEAD]
    for title, metrics in _sections().items():
        parts += [f"## {title}\n", "\n".join([*_head("processes"), *(_line(each, made) for each in metrics)]), ""]
    parts += ["## Made by recording rules\n", _recorded(), ""]
    parts += ["## Of other servers, as far as rules and dashboards ask for them\n", _foreign(), ""]
    return "\n".join(parts)


@cache
def exporters() -> Exporters:
    """Who exports what, as the sources say."""
    of_ours = [process for process in load_process_list().processes if process.kind == "service"]
    reached = {process.name: called_from(module_of(process)) for process in of_ours}
    sources = {metric.source for metric in declared()}
    return {source: tuple(name for name, called in reached.items() if source in called) for source in sources}


def module_of(process: Process) -> str:
    """The module that the process runs."""
    words = process.command.split()
    return words[words.index("-m") + 1]


def names_of(process: str) -> set[str]:
    """The metrics that a process exports, as the page says."""
    return {metric.name for metric in declared() if process in exporters()[metric.source]}


def unit_of(name: str) -> str:
    """What one is, by the end of the name; a count where it says nothing else."""
    base = name.removesuffix("_total")
    return next((unit for suffix, unit in UNITS.items() if base.endswith(f"_{suffix}")), "count")


def _sections() -> dict[str, list[Declared]]:
    sections: dict[str, list[Declared]] = {}
    for metric in declared():
        package = metric.source.split(".")[0]
        sections.setdefault("Of every process, or of many" if package == "service_kit" else package, []).append(metric)
    return sections


def _head(last: str) -> list[str]:
    return [f"| metric | type | unit | labels | meaning | {last} |", "|---|---|---|---|---|---|"]


def _line(metric: Declared, made: Exporters) -> str:
    labels = ", ".join(_label(label, metric) for label in metric.labels if label != "le")
    cells = (
        f"`{metric.name}`",
        metric.kind,
        unit_of(metric.name),
        labels,
        metric.help.rstrip("."),
        _processes(made[metric.source]),
    )
    return _row(cells)


def _processes(names: tuple[str, ...]) -> str:
    of_ours = [process.name for process in load_process_list().processes if process.kind == "service"]
    web = [name for name in of_ours if name.endswith("-web")]
    if list(names) == of_ours:
        return "all"
    if set(web) < set(names) and len(web) > 1:
        return ", ".join(["every web process", *(name for name in names if name not in web)])
    return ", ".join(names)


def _label(name: str, metric: Declared) -> str:
    values = sorted(metric.values.get(name, ()))
    if metric.source.endswith(":new_registry") or not values:
        return f"`{name}` …"
    told = ", ".join(value or '""' for value in values[:MOST_VALUES])
    return f"`{name}` ({told}{', …' if len(values) > MOST_VALUES else ''})"


def _recorded() -> str:
    rows = sorted({_rule(rule) for path in _rule_files() for rule in _rules(path) if "record" in rule})
    return "\n".join(["| series | labels of its own | made in |", "|---|---|---|", *rows])


def _rule(rule: Mapping[str, object]) -> str:
    labels = rule.get("labels", {})
    own = ", ".join(f"`{label}`" for label in labels) if isinstance(labels, dict) else ""
    return _row((f"`{rule['record']}`", own, str(rule["file"])))


def _rule_files() -> Iterable[Path]:
    return sorted([*PROMETHEUS.glob("rules/*.yml"), *PROMETHEUS.glob("slo/real/*.yml")])


def _rules(path: Path) -> Iterator[dict[str, object]]:
    file = "monitoring/slo" if path.parent.name == "real" else f"rules/{path.name}"
    for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
        yield from (rule | {"file": file} for rule in group["rules"])


def _foreign() -> str:
    rows = [_row((f"`{name}`", process)) for name, process in FOREIGN.items()]
    return "\n".join(["| metric | exported by |", "|---|---|", *rows])


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()

"""docs/metrics.md is what the code says, no label can grow with the people on the platform, and no document names a
metric that nothing exports."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stack.declared_metrics import declared, exported
from stack.metric_document import PAGE, exporters, names_of, page, unit_of
from stack.process_list import load_process_list
from tests.alert_rules import RECORDED, ROOT
from tests.unit.docs.test_documentation import PAGES, name_of

GROWING = re.compile(
    r"(^|_)(user|username|person|account|payer|payee|email|address|ip|path|url|uri|token|session|transfer|event|trace|span"
    r"|id|key|webhook|target|note|amount|position|offset|exception|message|error)($|_)"
)
"""What a label's name says when its values are as many as there are people, requests or records."""
BOUNDED = {
    ("ledger_breach", "account"): "ten breaches are named at most",
    ("ledger_breach", "position"): "ten breaches are named at most",
    (
        "flask_http_request_duration_seconds",
        "url_rule",
    ): "the routes of the application, not the paths that were asked for",
    ("messaging", "error_type"): "a tuple of our own beside the metrics",
}
METRIC = re.compile(r"`([a-z][a-z0-9]*(?:[_:][a-z0-9]+)+)(\{[^`]*\})?`")
ENDS = ("_total", "_seconds", "_bytes", "_minor_units", "_bucket", "_positions", "_depth", ":sum")
KNOWN = exported() | {metric.name for metric in declared()} | set(RECORDED)

AREAS = {name.split("_")[0] for name in KNOWN}
"""What a metric's name begins with; figures of benchmarks and drills have names too."""


def test_the_page_is_what_the_command_would_write() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make documents"


@pytest.mark.parametrize("metric", declared(), ids=lambda metric: f"{metric.source}.{metric.name}")
def test_no_label_grows_with_people_records_or_paths(metric) -> None:
    grows = {label for label in metric.labels if GROWING.search(label)}

    assert {
        label for label in grows if not {(metric.name, label), (metric.name.split("_")[0], label)} & set(BOUNDED)
    } == set()


@pytest.mark.parametrize("metric", declared(), ids=lambda metric: f"{metric.source}.{metric.name}")
def test_a_metric_is_described_exported_and_named_after_its_unit(metric) -> None:
    assert len(metric.help) > 10
    assert exporters()[metric.source], f"no process builds {metric.source}"
    assert (metric.kind == "counter") == metric.name.endswith("_total")
    for wrong in ("_ms", "_milliseconds", "_kb", "_mb", "_cents", "_percent"):
        assert not metric.name.removesuffix("_total").endswith(wrong)


def test_one_name_means_one_thing_wherever_it_is_exported() -> None:
    told = {(metric.name, metric.help, metric.kind) for metric in declared()}

    assert len(told) == len({name for name, *_ in told})


@pytest.mark.parametrize("process", [p.name for p in load_process_list().processes if p.kind == "service"])
def test_every_process_tells_of_itself_whether_it_is_ready_and_of_its_work(process: str) -> None:
    of_every = {
        "build_info",
        "process_ready",
        "process_clock_timestamp_seconds",
        "process_start_time_seconds",
        "process_resident_memory_bytes",
    }

    assert of_every < names_of(process)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("auth_sign_ups_total", "count"),
        ("process_cpu_seconds_total", "seconds"),
        ("process_start_time_seconds", "Unix seconds"),
        ("ledger_moved_minor_units_total", "minor units"),
        ("lake_bytes", "bytes"),
        ("lake_files", "count"),
    ],
)
def test_the_name_says_the_unit(name: str, unit: str) -> None:
    assert unit_of(name) == unit


@pytest.mark.parametrize("document", PAGES, ids=name_of)
def test_every_metric_that_a_document_names_is_exported_or_recorded(document: Path) -> None:
    named = METRIC.findall(document.read_text(encoding="utf-8"))

    meant = {name for name, labels in named if labels or name.endswith(ENDS)}
    assert {name for name in meant if name.split("_")[0] in AREAS} - KNOWN == set()


def test_the_readme_of_monitoring_leads_to_the_page() -> None:
    assert "docs/metrics.md" in (ROOT / "monitoring/README.md").read_text(encoding="utf-8")

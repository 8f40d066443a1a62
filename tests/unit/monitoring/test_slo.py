"""The promises' declarations, and the rules that are made of them. promtool runs the rules: tests/*.test.yml."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import yaml

from monitoring.slo.__main__ import PROMETHEUS, main, rendered
from monitoring.slo.declared import FILE, declared_slos, read_slos
from monitoring.slo.rules import rule_file
from monitoring.slo.windows import SCALES, burns, written
from stack.declared_metrics import exported
from tests.alert_rules import sources

TEXT = FILE.read_text(encoding="utf-8")
AVAILABLE = declared_slos()[0]


def changed(**fields: object) -> str:
    """The file with some fields of its first promise changed; None leaves one out."""
    document = yaml.safe_load(TEXT)
    document["slos"][0] |= fields
    document["slos"][0] = {name: value for name, value in document["slos"][0].items() if value is not None}
    return yaml.safe_dump(document)


def test_the_committed_rules_and_tests_are_what_the_declarations_say(capsys: pytest.CaptureFixture[str]) -> None:
    committed = {*PROMETHEUS.glob("slo/*/*.yml"), *PROMETHEUS.glob("tests/slo-*.yml")}

    assert set(rendered()) == committed
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_the_four_promises_are_those_that_the_platform_makes() -> None:
    assert {slo.name: slo.objective for slo in declared_slos()} == {
        "available": Decimal("99.9"),
        "quick": Decimal("99"),
        "notified_in_time": Decimal("99"),
        "in_lake_in_time": Decimal("99"),
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"objective": "100"},
        {"objective": "0"},
        {"objective": "most"},
        {"promise": "happiness"},
        {"good": None},
        {"window_days": 91},
        {"least_bad": 0},
        {"hope": "high"},
        {"examples": {"good": [], "bad": ["x"]}},
        {"name": "quick"},
        {"alert": "TransferLatency"},
    ],
)
def test_a_wrong_declaration_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        read_slos(changed(**wrong))


@pytest.mark.parametrize("slo", declared_slos(), ids=lambda slo: slo.name)
def test_a_promise_rests_on_metrics_that_something_exports(slo) -> None:
    assert (sources(slo.good) | sources(slo.events)) <= exported()


def test_the_windows_are_those_of_the_workbook() -> None:
    assert [(b.speed, written(b.short), written(b.long), b.severity) for b in burns("real")] == [
        (14.4, "5m", "1h", "page"),
        (6, "30m", "6h", "page"),
        (3, "2h", "1d", "ticket"),
        (1, "6h", "3d", "ticket"),
    ]


def test_the_windows_of_a_demonstration_are_a_twelfth_and_hold_several_scrapes() -> None:
    every_scrape = timedelta(
        seconds=int(yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["global"]["scrape_interval"][:-1])
    )

    for real, demo in zip(burns("real"), burns("demo"), strict=True):
        assert (demo.short * 12, demo.long * 12, demo.speed) == (real.short, real.long, real.speed)
        assert demo.short >= 4 * every_scrape


def test_both_scales_record_and_alert_under_the_same_names() -> None:
    def names(scale: str) -> list[str]:
        groups = rule_file(AVAILABLE, scale, 1)["groups"]
        return sorted(rule.get("alert") or rule["record"] for group in groups for rule in group["rules"])

    assert len({tuple(names(scale)) for scale in SCALES}) == 1


def test_an_alert_of_a_promise_has_no_other_rule_beside_it() -> None:
    by_hand = "".join(path.read_text(encoding="utf-8") for path in PROMETHEUS.glob("rules/*.yml"))

    assert "record: slo:" not in by_hand
    assert "BudgetBurn" not in by_hand


@pytest.mark.parametrize(
    ("seconds", "text"), [(25, "25s"), (60, "1m"), (150, "150s"), (3600, "1h"), (5400, "90m"), (259_200, "3d")]
)
def test_a_span_is_written_in_its_largest_whole_unit(seconds: int, text: str) -> None:
    assert written(timedelta(seconds=seconds)) == text

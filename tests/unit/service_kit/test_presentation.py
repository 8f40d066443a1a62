from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from flask import render_template_string

from service_kit.presentation import clock
from tests.unit.service_kit.sample_app import sample_app

AT = datetime(2026, 11, 2, 13, 5, 9, 48_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{{ at|moment }}", "Nov 2, 2026, 13:05:09 UTC"),
        ("{{ '2026-11-02T13:05:09.048Z'|moment }}", "Nov 2, 2026, 13:05:09 UTC"),
        ("{{ at|day }}", "Nov 2, 2026"),
        ("{{ '2026-11-02'|day }}", "Nov 2, 2026"),
        ("{{ at|clock }}", "13:05:09"),
        ("{{ at|clock(true) }}", "13:05:09.048"),
        ("{{ 123450|money('EUR') }}", "€1,234.50"),
        ("{{ 1234567|count }}", "1,234,567"),
        ("{{ none|count }}", "–"),
    ],
)
def test_every_page_tells_times_money_and_counts_alike(tmp_path: Path, template: str, told: str) -> None:
    with sample_app(tmp_path).test_request_context():
        assert render_template_string(template, at=AT) == told


def test_a_time_of_elsewhere_is_told_in_utc() -> None:
    assert clock(AT.astimezone(timezone(timedelta(hours=-8)))) == "13:05:09"

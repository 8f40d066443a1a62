from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from flask import render_template_string
from flask.testing import FlaskClient

from service_kit.charts import Series, heat_map, horizontal_bars, install_charts, lines, stacked_bars
from tests.unit.service_kit.sample_app import sample_app

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PAGE = """{% extends 'base.html' %}{% from 'kit/chart.html' import chart %}{% block content %}
{{ chart('outcomes', 'Outcomes', figure, 'How transfers ended') }}{% endblock %}"""


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    app = sample_app(tmp_path)
    install_charts(app)

    @app.get("/chart")
    def chart() -> str:
        values = [Decimal("1234.50"), None]
        figure = stacked_bars(["posted", "</script>"], [Series("amount", values, "good")], unit="EUR")
        return render_template_string(PAGE, figure=figure)

    @app.get("/empty")
    def empty() -> str:
        return render_template_string(PAGE, figure=lines([], [Series("posted", [])]))

    return app.test_client()


def test_times_are_drawn_in_utc_wherever_they_were_measured() -> None:
    there = timezone(timedelta(hours=5, minutes=30))

    chart = lines([NOON, NOON.astimezone(there) + timedelta(hours=1)], [Series("posted", [1, 2])])

    assert chart.places == ("2026-11-22 12:00", "2026-11-22 13:00")


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        lines([NOON.replace(tzinfo=None)], [Series("posted", [1])])


def test_seconds_are_shown_where_there_are_any() -> None:
    chart = lines([NOON, NOON + timedelta(seconds=15)], [Series("posted", [1, 2])])

    assert chart.places == ("2026-11-22 12:00:00", "2026-11-22 12:00:15")


def test_every_place_needs_a_value() -> None:
    with pytest.raises(ValueError, match="'posted' has 1 values for 2 places"):
        stacked_bars(["a", "b"], [Series("posted", [1])])


def test_bars_stand_at_moments_or_at_names() -> None:
    assert stacked_bars([NOON], [Series("posted", [1])]).in_time
    assert not stacked_bars(["funds"], [Series("posted", [1])]).in_time


def test_bars_at_moments_are_shown_in_a_zone_and_named_apart_where_its_clocks_go_back() -> None:
    night = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    named = ["02:00 summer", "02:00 winter"]

    chart = stacked_bars(
        [night, night + timedelta(hours=1)], [Series("posted", [1, 2])], zone="Europe/Berlin", names=named
    )

    assert chart.places == ("2026-10-25 02:00", "2026-10-25 02:00")
    assert chart.axis == "Europe/Berlin"
    assert chart.table() == [("02:00 summer", ["1"]), ("02:00 winter", ["2"])]


def test_a_grid_has_a_row_for_each_place_and_a_column_for_each_series() -> None:
    chart = heat_map(["Mon", "Tue"], [Series("00", [1, 0]), Series("01", [2, 3])])

    assert chart.drawing()["kind"] == "heat"
    assert chart.table() == [("Mon", ["1", "2"]), ("Tue", ["0", "3"])]


@pytest.mark.parametrize("nothing", [None, float("nan"), float("inf"), Decimal("NaN")])
def test_what_is_no_number_is_a_gap_and_never_broken_json(nothing: float | None) -> None:
    drawing = lines([NOON, NOON], [Series("lag", [0.25, nothing])]).drawing()

    assert json.loads(json.dumps(drawing, allow_nan=False))["series"][0]["values"] == [0.25, None]


def test_a_chart_is_empty_when_no_place_has_a_value() -> None:
    assert horizontal_bars([], [], unit="EUR").is_empty
    assert lines([NOON], [Series("lag", [None])]).is_empty
    assert not lines([NOON], [Series("lag", [0])]).is_empty


def test_the_numbers_stand_in_a_table_for_those_who_see_no_drawing(client: FlaskClient) -> None:
    page = client.get("/chart").text

    assert re.search(r"<td>posted</td><td class=\"number\">1,234\.50</td>", page)
    assert re.search(r"<td>&lt;/script&gt;</td><td class=\"number\">–</td>", page)


def test_the_figures_in_the_page_cannot_end_their_script_element(client: FlaskClient) -> None:
    found = re.search(r'<script type="application/json">(.*?)</script>', client.get("/chart").text)

    assert found is not None
    assert json.loads(found[1])["places"] == ["posted", "</script>"]


def test_plotly_is_loaded_only_by_a_page_that_shows_a_chart(client: FlaskClient) -> None:
    assert "/kit/plotly.js?v=" in client.get("/chart").text
    assert "plotly" not in client.get("/page").text


def test_a_chart_opens_nothing_in_the_policy_of_its_page(client: FlaskClient) -> None:
    policies = {client.get(path).headers["Content-Security-Policy"] for path in ("/chart", "/page")}

    assert len(policies) == 1
    assert "unsafe" not in policies.pop()


def test_a_chart_without_values_says_so(client: FlaskClient) -> None:
    page = client.get("/empty").text

    assert "Nothing to show yet" in page
    assert "chart-canvas" not in page


def test_plotly_comes_from_its_package_and_is_kept_for_ever(client: FlaskClient) -> None:
    squeezed = client.get("/kit/plotly.js", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/kit/plotly.js", headers={"Accept-Encoding": "identity"})

    assert squeezed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(squeezed.data) == plain.data
    assert b"plotly.js v" in plain.data[:200]
    for answer in (squeezed, plain):
        assert "immutable" in answer.headers["Cache-Control"]
        assert "Accept-Encoding" in answer.headers["Vary"]

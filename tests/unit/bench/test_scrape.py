from __future__ import annotations

import pytest

from bench.scrape import Histogram

INF = float("inf")


def test_a_quantile_lies_within_its_bucket():
    told = Histogram({0.5: 90, 1.0: 100, INF: 100})
    assert told.quantile(0.9) == 0.5
    assert told.quantile(0.95) == 0.75


def test_what_lies_beyond_the_last_edge_has_no_bound():
    assert Histogram({0.5: 90, INF: 100}).quantile(0.99) == INF


def test_only_what_came_since_counts():
    assert Histogram({1.0: 150, INF: 150}).since(Histogram({1.0: 50, INF: 50})).quantile(0.5) == 0.5


def test_of_nothing_there_is_no_quantile():
    with pytest.raises(ValueError, match="empty"):
        Histogram({1.0: 0, INF: 0}).quantile(0.5)

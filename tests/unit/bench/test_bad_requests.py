"""What a drill of random requests remembers of good answers, and that each drill has its target."""

from __future__ import annotations

import pkgutil

import pytest

from tests.drills.__main__ import BAD_REQUESTS
from tests.drills.bad_inbox import Inbox
from tests.drills.bad_journeys import Journeys
from tests.drills.bad_reports import Reports


@pytest.mark.parametrize(("drill", "target"), BAD_REQUESTS.items())
def test_each_drill_has_the_target_that_is_named_like_it(drill: str, target: str) -> None:
    assert pkgutil.resolve_name(f"tests.drills.{target}")().name == drill


def test_an_inbox_tells_of_everything_that_may_be_named_again() -> None:
    told = {"notifications": [{"id": "n-1", "event_id": "e-1"}], "next_cursor": None}

    assert set(Inbox().learned(told)) == {("id", "n-1"), ("delivery_id", "n-1"), ("event_id", "e-1")}
    assert set(Inbox().learned({"id": "w-1"})) == {("id", "w-1"), ("delivery_id", "w-1")}


def test_where_a_list_s_name_stands_for_a_count_nothing_is_learned() -> None:
    assert list(Inbox().learned({"after": 1, "upto": 9, "notifications": 8})) == []
    assert list(Reports().learned({"after": 1, "upto": 9, "rows": 8})) == []


def test_rows_tell_of_transfers_and_accounts_and_a_journey_of_its_trace() -> None:
    rows = [{"transfer_id": "t-1", "payer_account": "a-1"}, {"transfer_id": None, "payer_account": None}]

    assert set(Reports().learned({"rows": rows})) == {("transfer", "t-1"), ("account", "a-1")}
    assert list(Journeys().learned({"trace_id": "f" * 32})) == [("trace_id", "f" * 32)]

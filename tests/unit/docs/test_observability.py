"""docs/observability.md: thirty-six points, each proven by a test that exists."""

from __future__ import annotations

import re

from stack.layout import ROOT
from tests.unit.docs.proofs import NAME, missing

PAGE = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
POINT = re.compile(r"^\| (\d+) \|(.+)\|$", re.MULTILINE)


def test_there_are_thirty_six_points() -> None:
    assert [int(number) for number, _ in POINT.findall(PAGE)] == list(range(1, 37))


def test_each_is_proven_by_a_test() -> None:
    assert [number for number, row in POINT.findall(PAGE) if not NAME.search(row)] == []


def test_every_test_that_is_named_exists() -> None:
    assert missing(PAGE) == []

"""docs/security.md answers each requirement of OWASP ASVS 5.0, chapters 6 to 9, levels 1 and 2, by tests that exist."""

from __future__ import annotations

import re

from contracts.access_token import ROLES, Scope
from stack.layout import ROOT
from tests.unit.docs.proofs import NAME, missing

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
LEVELS_1_AND_2 = {
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
    "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2,
    "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
    "9.1": 3, "9.2": 4,
}  # fmt: skip
"""How many requirements of these levels each section has; they come first in their sections."""
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \|(.+)\|$", re.MULTILINE)


def rows() -> dict[str, str]:
    return dict(ROW.findall(PAGE))


def test_every_requirement_is_answered_once() -> None:
    wanted = [f"{section}.{number}" for section, count in LEVELS_1_AND_2.items() for number in range(1, count + 1)]
    assert [number for number, _ in ROW.findall(PAGE)] == wanted


def test_what_applies_is_proven_by_a_test() -> None:
    assert [number for number, row in rows().items() if "does not apply:" not in row and not NAME.search(row)] == []


def test_every_test_that_is_named_exists() -> None:
    assert missing(PAGE) == []


def test_every_scope_and_role_is_explained() -> None:
    scopes = [value for name, value in vars(Scope).items() if name.isupper()]
    assert [word for word in (*scopes, *ROLES) if f"| `{word}` |" not in PAGE] == []

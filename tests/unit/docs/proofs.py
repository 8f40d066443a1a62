"""Pages that name a test for what they promise."""

from __future__ import annotations

import re

from stack.layout import ROOT

NAME = re.compile(r"`(test_\w+)`")
DEFINED = re.compile(r"^ *def (test_\w+)\(", re.MULTILINE)


def missing(page: str) -> list[str]:
    """The tests that `page` names and `make test` does not run."""
    files = [path for kind in ("unit", "integration", "e2e") for path in (ROOT / "tests" / kind).rglob("test_*.py")]
    defined = {name for path in files for name in DEFINED.findall(path.read_text(encoding="utf-8"))}
    return sorted(set(NAME.findall(page)) - defined)

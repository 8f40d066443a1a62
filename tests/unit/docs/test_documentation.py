"""Documentation is true: what it names exists."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from stack.declared_metrics import exported
from tests.alert_rules import ALERTS, sources

ROOT = Path(__file__).parents[3]
PAGES = sorted(
    path
    for pattern in ("*.md", "*/README.md", "docs/**/*.md")
    for path in ROOT.glob(pattern)
    if not path.relative_to(ROOT).parts[0].startswith(".")
)
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
RUNBOOKS = {path.stem for path in (ROOT / "docs/runbooks").glob("*.md")} - {"README"}
EXPORTED = exported()


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_make_word_exists(page):
    words = set(re.findall(r"(?:^|`)(?:[A-Z_]+=\S+ )*make ([a-z][a-z-]+)", page.read_text(encoding="utf-8"), re.M))
    assert words <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_module_that_is_run_exists(page):
    modules = set(re.findall(r"python -m ([a-z_][a-z_.]*[a-z])", page.read_text(encoding="utf-8")))
    assert {module for module in modules if importlib.util.find_spec(module) is None} == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_within_the_repository_leads_somewhere(page):
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_alert_has_its_runbook_and_every_runbook_its_alert():
    assert set(ALERTS) == RUNBOOKS


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_query_asks_for_metrics_that_something_exports(page):
    queries = re.findall(r"--data-urlencode 'query=([^']+)'", page.read_text(encoding="utf-8"))
    assert {name for query in queries for name in sources(query)} - EXPORTED == set()

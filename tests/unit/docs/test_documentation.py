"""Documentation is true: what it names exists."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
PAGES = sorted(
    path
    for pattern in ("*.md", "*/README.md", "docs/**/*.md")
    for path in ROOT.glob(pattern)
    if not path.relative_to(ROOT).parts[0].startswith(".")
)
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
RULES = sorted((ROOT / "monitoring/prometheus/rules").glob("*.yml"))
RUNBOOKS = {path.stem for path in (ROOT / "docs/runbooks").glob("*.md")} - {"README"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def alerts() -> list[dict[str, object]]:
    groups = [group for path in RULES for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


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
    assert {str(alert["alert"]) for alert in alerts()} == RUNBOOKS


def test_every_alert_says_how_bad_what_and_where_to_read_on():
    for alert in alerts():
        assert alert["labels"]["severity"] in ("page", "ticket", "none"), alert["alert"]
        assert alert["annotations"]["summary"], alert["alert"]
        assert alert["annotations"]["runbook_url"].endswith(f"docs/runbooks/{alert['alert']}.md"), alert["alert"]

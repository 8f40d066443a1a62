"""What the servers are told."""

import json
from pathlib import Path

import yaml

from stack.layout import ROOT
from stack.process_list import load_process_list
from stack.secret_files import SecretFiles
from stack.server_config import redis_users, scrape_targets, write_monitoring_config
from stack.state import State

LISTED = load_process_list().processes


def test_every_process_with_metrics_is_a_target() -> None:
    state = State(offset=500, processes=tuple(process.name for process in LISTED))

    targets = scrape_targets(state, LISTED)

    assert {t["labels"]["process"] for t in targets} == {p.name for p in LISTED if p.metrics}  # type: ignore[index]
    assert ["127.0.0.1:5500"] in [t["targets"] for t in targets]


def test_what_does_not_run_here_is_no_target() -> None:
    state = State(offset=0, processes=("auth-web",))

    assert [t["targets"] for t in scrape_targets(state, LISTED)] == [["127.0.0.1:5000"]]


def test_prometheus_reads_the_committed_files(tmp_path: Path) -> None:
    for _ in range(2):
        write_monitoring_config(ROOT / "monitoring", tmp_path, State(offset=500), LISTED)

    assert (tmp_path / "prometheus" / "rules").resolve() == ROOT / "monitoring" / "prometheus" / "rules"
    managers = json.loads((tmp_path / "prometheus" / "alertmanagers" / "alertmanagers.json").read_text())
    assert managers == [{"targets": ["127.0.0.1:9593"]}]


def test_redis_is_given_no_password_to_read(secrets: SecretFiles) -> None:
    text = redis_users(secrets)

    assert text.startswith("user default off\n")
    assert not any(secrets[f"redis-{user}"] in text for user in ("auth_service", "transaction_service", "monitor"))


def test_every_alert_has_a_severity_a_runbook_and_a_test() -> None:
    rules = yaml.safe_load((ROOT / "monitoring/prometheus/rules/alerts.yml").read_text())
    tested = {
        test["name"]
        for path in (ROOT / "monitoring/prometheus/tests").glob("*.yml")
        for test in yaml.safe_load(path.read_text())["tests"]
    }
    for alert in (rule for group in rules["groups"] for rule in group["rules"]):
        name = alert["alert"]
        assert alert["labels"]["severity"] in ("page", "ticket", "none"), name
        assert alert["annotations"]["runbook_url"] == f"docs/runbooks/{name}.md"
        assert (ROOT / "docs/runbooks" / f"{name}.md").exists(), name
        cases = {"fires", "does not fire", "no traffic"} if name != "Watchdog" else {"fires"}
        assert {f"{name} {case}" for case in cases} <= tested


def test_every_runbook_belongs_to_an_alert() -> None:
    rules = yaml.safe_load((ROOT / "monitoring/prometheus/rules/alerts.yml").read_text())
    alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}

    assert {path.stem for path in (ROOT / "docs/runbooks").glob("*.md")} - {"README"} == alerts

"""What the servers are told."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from stack.errors import StackError
from stack.layout import ROOT, Layout
from stack.process_list import load_process_list
from stack.secret_files import SecretFiles
from stack.server_config import redis_users, scrape_targets, write_monitoring_config, write_server_config
from stack.state import State
from stack.variables import Variables

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


def test_the_windows_of_the_promises_are_a_setting(tmp_path: Path) -> None:
    for windows in ("demo", "real"):
        write_monitoring_config(ROOT / "monitoring", tmp_path, State(offset=0), LISTED, windows)
        assert (tmp_path / "prometheus" / "slo").resolve() == ROOT / "monitoring" / "prometheus" / "slo" / windows

    with pytest.raises(StackError, match="SLO_WINDOWS=tiny: it must be demo or real"):
        write_monitoring_config(ROOT / "monitoring", tmp_path, State(offset=0), LISTED, "tiny")


def test_redis_is_given_no_password_to_read(secrets: SecretFiles) -> None:
    text = redis_users(secrets)

    assert text.startswith("user default off\n")
    assert not any(secrets[f"redis-{user}"] in text for user in ("auth_service", "transaction_service", "monitor"))


def test_alertmanager_is_told_where_the_inbox_is_here_and_the_token_lies_beside_it(
    layout: Layout, secrets: SecretFiles, variables_with: Callable[..., Variables]
) -> None:
    state = State(offset=500)

    for _ in range(2):
        write_server_config(layout, state, load_process_list(), secrets, variables_with())

    written = yaml.safe_load((layout.config / "alertmanager.yml").read_text())
    operators = next(receiver for receiver in written["receivers"] if receiver["name"] == "operators")
    webhook = operators["webhook_configs"][0]
    assert webhook["url"] == "http://127.0.0.1:5502/v1/alerts"
    token = layout.config / webhook["http_config"]["authorization"]["credentials_file"]
    assert token.read_text() == secrets["alert-webhook-token"]
    committed = yaml.safe_load((ROOT / "monitoring/alertmanager/alertmanager.yml").read_text())
    assert committed["route"] == written["route"]

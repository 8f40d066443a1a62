"""A platform that this checkout did not start is found by settings alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from stack.compose.secrets import write_secrets
from stack.elsewhere import state_elsewhere
from stack.errors import StackError
from stack.layout import read_settings
from stack.process_list import load_process_list
from stack.running import Stack


def test_every_process_is_where_the_pattern_says() -> None:
    state = state_elsewhere({"PLATFORM_ADDRESS": "{name}:{port}"}, load_process_list())

    assert state is not None
    assert state.external["auth-web"] == "auth-web:5000"
    assert set(state.external) == {process.name for process in load_process_list().processes}


def test_a_servers_own_variable_goes_before_the_pattern() -> None:
    settings = {"PLATFORM_ADDRESS": "127.0.0.1:{port}", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9094"}

    state = state_elsewhere(settings, load_process_list())

    assert state is not None
    assert (state.external["kafka"], state.external["redis"]) == ("127.0.0.1:9094", "127.0.0.1:6379")


def test_without_the_setting_the_stack_is_our_own() -> None:
    assert state_elsewhere({}, load_process_list()) is None


@pytest.mark.parametrize("pattern", ["127.0.0.1", "{host}:{port}", "{}", "127.0.0.1:{port", "{name}"])
def test_a_pattern_that_names_no_port_is_refused(pattern: str) -> None:
    with pytest.raises(StackError, match="PLATFORM_ADDRESS"):
        state_elsewhere({"PLATFORM_ADDRESS": pattern}, load_process_list())


def test_its_secrets_and_addresses_come_from_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_secrets(tmp_path / ".env")
    for name, value in read_settings({}, tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PLATFORM_ADDRESS", "127.0.0.1:{port}")
    monkeypatch.setenv("MONGO_ADMIN_URL", "mongodb://127.0.0.1:27017/?directConnection=true")
    monkeypatch.setenv("STACK_DIR", str(tmp_path / "demo"))

    stack = Stack.load()

    secret = stack.secret("mongo-auth_service")
    assert stack.env("first-admin")["MONGO_URL"] == (
        f"mongodb://auth_service:{secret}@127.0.0.1:27017/auth?authSource=auth&directConnection=true"
    )
    assert stack.address("transaction-web") == "127.0.0.1:5001"
    assert stack.directory.is_dir()

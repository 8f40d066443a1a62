"""`make secrets`, and what is refused as a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from stack.compose.secrets import GivenSecrets, Placeholders, names, variable_of, write_secrets
from stack.errors import StackError
from stack.layout import read_settings


def given(tmp_path: Path) -> dict[str, str]:
    write_secrets(tmp_path / ".env")
    return read_settings({}, tmp_path)


def test_every_secret_is_made_and_passes_the_check_of_the_containers(tmp_path: Path) -> None:
    secrets = GivenSecrets(given(tmp_path))

    values = [secrets[name] for name in names()]

    assert len(values) == len(set(values))


def test_only_the_owner_reads_the_file(tmp_path: Path) -> None:
    write_secrets(tmp_path / ".env")

    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def test_a_second_time_nothing_changes(tmp_path: Path) -> None:
    write_secrets(tmp_path / ".env")
    before = (tmp_path / ".env").read_text()

    assert write_secrets(tmp_path / ".env") == []
    assert (tmp_path / ".env").read_text() == before


def test_a_file_that_is_there_keeps_its_lines_and_gains_the_secrets(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# mine\nLOG_LEVEL=DEBUG\nSECRET_MONGO_ADMIN=\n")

    added = write_secrets(tmp_path / ".env")

    text = (tmp_path / ".env").read_text()
    assert text.startswith("# mine\nLOG_LEVEL=DEBUG\n")
    assert "SECRET_MONGO_ADMIN" in added
    assert text.count("SECRET_MONGO_ADMIN=") == 1


def test_half_a_pair_of_keys_is_not_completed_with_a_stranger(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SECRET_LEDGER_SERVER_PUBLIC=abc\n")

    with pytest.raises(StackError, match="belong together"):
        write_secrets(tmp_path / ".env")


@pytest.mark.parametrize(
    "value", ["", "abc123", "changeme-changeme-changeme", "MyPassword1234567890", "an-admin-of-some-length"]
)
def test_a_secret_that_is_none_is_refused_by_its_name(tmp_path: Path, value: str) -> None:
    secrets = GivenSecrets(given(tmp_path) | {"SECRET_REDIS_MONITOR": value})

    with pytest.raises(StackError, match=r"SECRET_REDIS_MONITOR .*make secrets") as refused:
        secrets["redis-monitor"]
    assert not value or value not in str(refused.value)


def test_compose_fills_in_a_secret_from_its_variable() -> None:
    assert Placeholders()["mongo-auth_service"] == "${SECRET_MONGO_AUTH_SERVICE:-}"


def test_a_secret_that_nothing_makes_has_no_placeholder() -> None:
    with pytest.raises(KeyError):
        Placeholders()["unheard-of"]


def test_no_two_secrets_share_a_variable() -> None:
    assert len({variable_of(name) for name in names()}) == len(names())

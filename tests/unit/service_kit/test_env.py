from __future__ import annotations

import pytest
from pydantic import Field, SecretStr

from service_kit.env import Settings


class ShopSettings(Settings):
    shop_secret: SecretStr = Field(min_length=8, description="8 characters or more")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PORT", "5000")
    monkeypatch.setenv("SHOP_SECRET", "long enough")


def test_the_environment_is_read_into_a_frozen_object() -> None:
    settings = ShopSettings.from_env()

    assert (settings.http_port, settings.shop_secret.get_secret_value()) == (5000, "long enough")
    with pytest.raises(ValueError, match="frozen"):
        settings.http_port = 1  # type: ignore[misc]


def test_a_missing_variable_stops_the_start_and_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SHOP_SECRET")

    with pytest.raises(SystemExit) as stop:
        ShopSettings.from_env()

    assert stop.value.code == 2
    assert "SHOP_SECRET is not set; expected: 8 characters or more" in capsys.readouterr().err


def test_an_empty_variable_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_SECRET", "")

    with pytest.raises(SystemExit):
        ShopSettings.from_env()


def test_a_bad_value_is_never_shown_since_it_may_be_a_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOP_SECRET", "hunter2")

    with pytest.raises(SystemExit):
        ShopSettings.from_env()

    line = capsys.readouterr().err
    assert "SHOP_SECRET is not usable" in line
    assert "hunter2" not in line


@pytest.mark.parametrize("url", ["localhost:5000", "http://localhost:5000/path", "http://user@localhost", "ftp://x"])
def test_a_public_url_must_be_an_origin(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("AUTH_PUBLIC_URL", url)

    with pytest.raises(SystemExit):
        ShopSettings.from_env()


def test_a_trailing_slash_of_a_public_url_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_PUBLIC_URL", "http://localhost:7000/")

    assert ShopSettings.from_env().auth_public_url == "http://localhost:7000"

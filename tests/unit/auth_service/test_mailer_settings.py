from __future__ import annotations

import pytest

from auth_service.settings import MailerSettings

GOOD = {
    "HTTP_PORT": "5101",
    "MONGO_URL": "mongodb://nowhere",
    "SMTP_HOST": "smtp.example.com",
    "MAIL_FROM": "Fintech App <no-reply@example.com>",
}


def read(monkeypatch: pytest.MonkeyPatch, **changes: str) -> MailerSettings:
    for name, value in (GOOD | changes).items():
        monkeypatch.setenv(name, value)
    return MailerSettings.from_env()


def test_a_mail_server_is_reached_by_starttls_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    server = read(monkeypatch).mail_server

    assert (server.host, server.port, server.security) == ("smtp.example.com", 587, "starttls")


def test_only_this_machine_gets_letters_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, SMTP_HOST="127.0.0.1", SMTP_SECURITY="none").mail_server.security == "none"


def test_and_the_one_server_that_is_named_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, SMTP_HOST="mail", SMTP_SECURITY="none", SMTP_UNENCRYPTED_HOST="mail")

    assert (settings.mail_server.host, settings.mail_server.security) == ("mail", "none")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("SMTP_HOST", {"SMTP_HOST": ""}),
        ("SMTP_PORT", {"SMTP_PORT": "0"}),
        ("SMTP_SECURITY", {"SMTP_SECURITY": "ssl3"}),
        ("SMTP_SECURITY", {"SMTP_SECURITY": "none"}),
        ("SMTP_SECURITY", {"SMTP_SECURITY": "none", "SMTP_UNENCRYPTED_HOST": "mail"}),
        ("SMTP_PASSWORD", {"SMTP_USER": "somebody"}),
        ("SMTP_PASSWORD", {"SMTP_PASSWORD": "hidden-one"}),
        ("MAIL_FROM", {"MAIL_FROM": ""}),
        ("MAIL_FROM", {"MAIL_FROM": "nobody"}),
        ("SMTP_TIMEOUT_SECONDS", {"SMTP_TIMEOUT_SECONDS": "600"}),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, changes: dict[str, str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        read(monkeypatch, **changes)

    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert f": {name} " in said
    assert "hidden-one" not in said

"""The mailbox over real SMTP and HTTP on the loopback, and its pages over the application."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from flask.testing import FlaskClient

from stack.mail.__main__ import smtp_server
from stack.mail.mailbox import Mailbox
from stack.mail.web import create_mail_app
from stack.ports import is_free
from stack.process_list import load_process_list
from stack.state import HOST


def letter(
    to: str = "demo-001@example.com", subject: str = "Confirm your address", html: str = "<p>Hello</p>"
) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Fintech App <no-reply@localhost>", to, subject
    message.set_content("Hello,\n\nhttp://localhost:5000/verify_form?token=abc\n")
    message.add_alternative(html, subtype="html")
    return message.as_bytes()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox(kept=3)


@pytest.fixture
def client(mailbox: Mailbox) -> FlaskClient:
    return create_mail_app(mailbox, {"localhost", "127.0.0.1"}).test_client()


@pytest.fixture
def port(mailbox: Mailbox) -> Iterator[int]:
    port = next(candidate for candidate in range(21025, 21125) if is_free(candidate))
    server = smtp_server(mailbox, HOST, port)
    server.start()
    yield port
    server.stop()


def test_what_is_sent_by_smtp_is_in_the_api_as_mailpit_tells_it(port: int, client: FlaskClient) -> None:
    with smtplib.SMTP(HOST, port, timeout=5) as smtp:
        smtp.sendmail("no-reply@localhost", ["demo-001@example.com"], letter())

    listed = client.get("/api/v1/messages").json
    assert listed is not None
    assert (listed["total"], listed["messages_count"], listed["count"]) == (1, 1, 1)
    [summary] = listed["messages"]
    assert summary["From"] == {"Name": "Fintech App", "Address": "no-reply@localhost"}
    assert summary["To"] == [{"Name": "", "Address": "demo-001@example.com"}]
    assert summary["Subject"] == "Confirm your address"
    whole = client.get(f"/api/v1/message/{summary['ID']}").json
    assert whole is not None
    assert "verify_form?token=abc" in whole["Text"]
    assert "<p>Hello</p>" in whole["HTML"]
    assert client.get("/api/v1/message/latest").json == whole


def test_mail_is_found_by_its_receiver_and_its_words(mailbox: Mailbox, client: FlaskClient) -> None:
    for to, subject in (("a@example.com", "Confirm"), ("b@example.com", "Confirm"), ("b@example.com", "Reset")):
        mailbox.receive("x@localhost", [to], letter(to, subject))

    def subjects(query: str) -> list[str]:
        found = client.get("/api/v1/search", query_string={"query": query}).json
        assert found is not None
        return [each["Subject"] for each in found["messages"]]

    assert subjects("to:B@example.com") == ["Reset", "Confirm"]
    assert subjects("to:b@example.com subject:confirm") == ["Confirm"]
    assert subjects("to:nobody@example.com") == []


def test_only_the_last_mails_are_kept(mailbox: Mailbox, client: FlaskClient) -> None:
    for number in range(5):
        mailbox.receive("x@localhost", ["a@example.com"], letter(subject=f"No. {number}"))

    assert [mail.message["Subject"] for mail in mailbox.all()] == ["No. 4", "No. 3", "No. 2"]
    assert client.delete("/api/v1/messages").status_code == 200
    assert mailbox.all() == []


def test_a_mails_html_may_neither_run_nor_call_out(mailbox: Mailbox, client: FlaskClient) -> None:
    mail = mailbox.receive("x@localhost", ["a@example.com"], letter(html="<script>alert(1)</script>"))

    page, shown = client.get(f"/view/{mail.id}"), client.get(f"/view/{mail.id}.html")

    assert "<script>" not in page.text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]


def test_a_name_that_is_not_ours_is_refused(client: FlaskClient) -> None:
    assert client.get("/", headers={"Host": "evil.example:8025"}).status_code == 403
    assert client.get("/", headers={"Host": "localhost:8025"}).status_code == 200


def test_an_unknown_mail_is_not_found(client: FlaskClient) -> None:
    assert client.get("/view/unknown").status_code == 404
    assert client.get("/api/v1/message/latest").status_code == 404


def test_the_mailbox_of_the_stack_is_on_the_loopback() -> None:
    assert HOST == "127.0.0.1"
    assert "--host {host}" in load_process_list().process("mail").command

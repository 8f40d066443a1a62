"""A mail server from which nothing leaves: `python -m stack.mail --http-port 8025 --smtp-port 1025`."""

from __future__ import annotations

import argparse
import ipaddress
import signal
import sys
from threading import Event, Thread
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from werkzeug.serving import WSGIRequestHandler, make_server

from stack.mail.mailbox import Mailbox
from stack.mail.web import create_mail_app

SIZE_MAX_BYTES = 1 << 20


class IntoMailbox:
    """aiosmtpd's handler: takes everything for everybody."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        self._mailbox.receive(envelope.mail_from or "", envelope.rcpt_tos, raw)
        return "250 OK"


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """A browser's look into the mailbox is no news."""


def smtp_server(mailbox: Mailbox, host: str, port: int) -> Controller:
    """Not started yet; raises OSError from `start()` where the port can't be had."""
    return Controller(
        IntoMailbox(mailbox),
        hostname=host,
        port=port,
        enable_SMTPUTF8=True,
        data_size_limit=SIZE_MAX_BYTES,
        server_hostname="localhost",
        ident="fintech-app development mail",
    )


def main() -> int:
    """Run until told to stop. What comes here is secret, so an address that others could reach is refused."""
    parser = argparse.ArgumentParser(prog="python -m stack.mail", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--public-host", default="localhost")
    parser.add_argument("--http-port", type=int, default=8025)
    parser.add_argument("--smtp-port", type=int, default=1025)
    wanted = parser.parse_args()
    if not ipaddress.ip_address(wanted.host).is_loopback:
        print(f"{wanted.host} is no loopback address, and mail with secrets is shown to nobody else", file=sys.stderr)
        return 2
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    mailbox = Mailbox()
    smtp = smtp_server(mailbox, wanted.host, wanted.smtp_port)
    smtp.start()
    app = create_mail_app(mailbox, {wanted.host, wanted.public_host, "localhost"})
    web = make_server(wanted.host, wanted.http_port, app, threaded=True, request_handler=_Quiet)
    serving = Thread(target=web.serve_forever, name="web", daemon=True)
    serving.start()
    print(f"mail: SMTP on {wanted.host}:{wanted.smtp_port}, pages on {wanted.host}:{wanted.http_port}", flush=True)
    stop.wait()
    web.shutdown()
    serving.join(5)
    smtp.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

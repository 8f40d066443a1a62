"""The mailbox in a browser and as an API. What is shown came from anywhere, so nothing in it may run or call out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask import Flask, Response, abort, jsonify, render_template, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest

from stack.mail.mailbox import Mailbox, Received

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'"
    "; frame-ancestors 'none'"
)
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    "; frame-ancestors 'self'"
)
"""A mail's own HTML: styles and embedded images, links that open beside it, and nothing else."""

_process = CollectorRegistry()
ProcessCollector(registry=_process)


def create_mail_app(mailbox: Mailbox, hosts: Collection[str]) -> Flask:
    """`hosts`: the names by which it may be asked for. A page elsewhere that has its own name point here (DNS
    rebinding) would otherwise read what is secret."""
    app = Flask(__name__)

    @app.before_request
    def only_by_our_names() -> None:
        if request.host.rpartition(":")[0] not in hosts and request.host not in hosts:
            abort(403)

    @app.after_request
    def headers(answer: Response) -> Response:
        answer.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        answer.headers.update({"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    _add_pages(app, mailbox)
    _add_api(app, mailbox)
    return app


def _add_pages(app: Flask, mailbox: Mailbox) -> None:
    @app.get("/")
    def index() -> str:
        query = request.args.get("query", "")
        return render_template("list.html", mails=mailbox.search(query), query=query)

    @app.get("/view/<id>")
    def view(id: str) -> str:
        return render_template("mail.html", mail=_known(mailbox, id))

    @app.get("/view/<id>.html")
    def html(id: str) -> Response:
        # A link opens in a tab of its own: within its frame it could not leave the sandbox.
        body = '<base target="_blank">' + _known(mailbox, id).body("html")
        return _answer(body, "text/html; charset=utf-8", {"Content-Security-Policy": MAIL_POLICY})

    @app.get("/view/<id>.txt")
    def text(id: str) -> Response:
        return _answer(_known(mailbox, id).body("plain"), "text/plain; charset=utf-8")

    @app.get("/readyz")
    @app.get("/livez")
    def readyz() -> Response:
        return _answer("ok", "text/plain")

    @app.get("/metrics")
    def metrics() -> Response:
        return _answer(generate_latest(_process), CONTENT_TYPE_LATEST)


def _add_api(app: Flask, mailbox: Mailbox) -> None:
    @app.get("/api/v1/messages")
    def messages() -> Response:
        return _listed(mailbox, mailbox.all())

    @app.get("/api/v1/search")
    def search() -> Response:
        return _listed(mailbox, mailbox.search(request.args.get("query", "")))

    @app.get("/api/v1/message/<id>")
    def message(id: str) -> Response:
        return jsonify(_known(mailbox, id).whole())

    @app.get("/api/v1/message/<id>/raw")
    def raw(id: str) -> Response:
        return _answer(_known(mailbox, id).raw, "text/plain; charset=utf-8")

    @app.delete("/api/v1/messages")
    def empty() -> Response:
        mailbox.empty()
        return _answer("ok", "text/plain")


def _listed(mailbox: Mailbox, found: list[Received]) -> Response:
    start, limit = (request.args.get(name, default, type=int) for name, default in (("start", 0), ("limit", 50)))
    shown = found[max(0, start) : max(0, start) + max(0, limit)]
    answer: dict[str, Any] = {
        "total": len(mailbox.all()),
        "unread": len(mailbox.all()),
        "count": len(shown),
        "messages_count": len(found),
        "start": start,
        "tags": [],
        "messages": [mail.summary() for mail in shown],
    }
    return jsonify(answer)


def _known(mailbox: Mailbox, id: str) -> Received:
    mail = mailbox.by_id(id)
    if mail is None:
        abort(404)
    return mail


def _answer(body: str | bytes, content_type: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body, content_type=content_type, headers=dict(headers or {}))

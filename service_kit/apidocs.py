"""Swagger UI at /apidocs, from the service's own OpenAPI 3 document, with nothing from outside.

The document is hand-written YAML: it is read as a whole by whoever uses the API, and `documented` lets a test hold it
against the routes.
"""

from __future__ import annotations

import re
from pathlib import Path

from flasgger import Swagger
from flask import Flask

from service_kit.api_document import ApiDocument

_OPENAPI = "3.0.3"


def install_apidocs(app: Flask, document: Path) -> None:
    """Serve `document`, a file or a folder, as /openapi.json and its page at /apidocs."""
    content = ApiDocument.load(document).content
    config = {
        "headers": [],
        "openapi": _OPENAPI,
        "title": content["info"]["title"],
        "specs": [{"endpoint": "openapi", "route": "/openapi.json", "rule_filter": _no_docstrings}],
        "specs_route": "/apidocs",
        "static_url_path": "/flasgger_static",
        "oauth_redirect": "/apidocs/oauth2-redirect.html",
    }
    Swagger(app, config=config, template=content)


def _no_docstrings(rule: object) -> bool:
    return False


def documented(document: Path) -> set[tuple[str, str]]:
    """The (METHOD, path) pairs of an OpenAPI document, parameters as `{name}`."""
    return {(method, path) for method, path, _ in ApiDocument.load(document).operations()}


def api_routes(app: Flask) -> set[tuple[str, str]]:
    """The (METHOD, path) pairs that `app` serves under /v1 and /.well-known, written as OpenAPI writes them."""
    return {
        (method, re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(("/v1/", "/.well-known/"))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

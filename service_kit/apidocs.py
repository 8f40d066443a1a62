"""Swagger UI at /apidocs, from the service's own OpenAPI 3 document, with nothing from outside.

The document is one hand-written YAML file per service: it is read as a whole by whoever uses the API, and
`undocumented` lets a test hold it against the routes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from flasgger import Swagger
from flask import Flask

_OPENAPI = "3.0.3"


def install_apidocs(app: Flask, document: Path) -> None:
    """Serve `document` as /openapi.json and its page at /apidocs."""
    content: dict[str, Any] = yaml.safe_load(document.read_text(encoding="utf-8"))
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
    content = yaml.safe_load(document.read_text(encoding="utf-8"))
    methods = {"get", "post", "put", "patch", "delete"}
    return {(method.upper(), path) for path, item in content["paths"].items() for method in item if method in methods}


def api_routes(app: Flask) -> set[tuple[str, str]]:
    """The (METHOD, path) pairs that `app` serves under /v1 and /.well-known, written as OpenAPI writes them."""
    return {
        (method, re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(("/v1/", "/.well-known/"))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

"""One HTML page that stands alone: charts, the table, and where the figures come from. It needs no network."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask_babel import Babel
from jinja2 import ChoiceLoader, FileSystemLoader

import service_kit
from analytics_service.exports.content import Content, rows_of
from analytics_service.figures.one_report import drawings_of
from analytics_service.figures.sheet import install_sheet
from analytics_service.figures.view import View
from analytics_service.presentation import phrases, told
from service_kit.presentation import install_filters
from service_kit.standalone import standalone

_HERE = Path(__file__).parent.parent
_STYLE = _HERE / "static" / "export.css"


def html(content: Content) -> Iterator[bytes]:
    """The head with the charts, then the table's rows as they are read, then what draws."""
    app, page = _application(), standalone(_STYLE)
    view = View(content.selection, own=content.about.figures_of == "own")
    with app.app_context():
        drawings = drawings_of(content.name, content.drawn, view)
        before = _parts().before(content, page, drawings, view.zone)
    yield before.encode()
    for batch in content.batches:
        # Not held over a yield: whoever reads this has a context of their own.
        with app.app_context():
            lines = _parts().rows(content.columns, rows_of(batch), view.zone)
        yield lines.encode()
    with app.app_context():
        after = _parts().after(page, drawings)
    yield after.encode()


@cache
def _application() -> Flask:
    """What it is rendered in, also where no page is served; it answers no request."""
    app = Flask("analytics_service.exports", static_folder=None)
    Babel(app)
    kit = Path(service_kit.__file__).parent / "templates"
    app.jinja_env.loader = ChoiceLoader([FileSystemLoader(_HERE / "templates"), FileSystemLoader(kit)])
    app.jinja_env.globals.update(show_chart=lambda: "")
    app.jinja_env.filters.update(told=told, phrases=phrases)
    install_filters(app)
    install_sheet(app)
    return app


def _parts() -> Any:
    return _application().jinja_env.get_template("export.html").module

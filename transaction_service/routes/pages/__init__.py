"""The pages for people. None of them is kept by a browser: going back asks anew, and is told how things are now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response

from service_kit.web import page_routes
from transaction_service.routes.api import UseCases
from transaction_service.routes.pages.accounts import AccountPages
from transaction_service.routes.pages.contacts import ContactPages
from transaction_service.routes.pages.sending import SendingPages
from transaction_service.routes.pages.transfers import TransferPages
from transaction_service.routes.pages.visitors import Door
from transaction_service.settings import WebSettings


def pages(
    use_cases: UseCases, settings: WebSettings, new_key: Callable[[], str], now: Callable[[], datetime]
) -> Blueprint:
    """The blueprint, with what it needs handed in. `now` is UTC."""
    routes = page_routes("pages", __name__)
    door = Door(settings)
    door.add_to(routes)
    SendingPages(use_cases, door, new_key, now).add_to(routes)
    TransferPages(use_cases, door, new_key).add_to(routes)
    AccountPages(use_cases, door, now).add_to(routes)
    ContactPages(use_cases.contacts, door).add_to(routes)
    routes.after_request(_never_kept)
    return routes


def _never_kept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response

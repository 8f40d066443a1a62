"""What only reads ends in time as a whole: one request may ask MongoDB several times, and people wait for the last."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import pymongo
from flask import Blueprint, g, request

from service_kit.errors import StoreUnavailable
from transaction_service.ledger_client import LedgerUnavailable
from transaction_service.routes.problems import RETRY_SECONDS


class ReadBound:
    """`require_store` raises LedgerUnavailable while MongoDB is known to be silent; `seconds`: for all of a request."""

    def __init__(self, require_store: Callable[[], None], seconds: float) -> None:
        self._require_store = require_store
        self._seconds = seconds

    def hold(self, routes: Blueprint) -> None:
        """Bind every GET of these routes: refused at once while the store is silent, else after `seconds` at most."""
        routes.before_request(self._begin)
        routes.teardown_request(_end)

    def require(self) -> None:
        """Raises StoreUnavailable while the store is silent."""
        try:
            self._require_store()
        except LedgerUnavailable:
            raise StoreUnavailable(retry_after=RETRY_SECONDS) from None

    def _begin(self) -> None:
        if request.method != "GET":
            return
        self.require()
        g.read_bound = ExitStack()
        g.read_bound.enter_context(pymongo.timeout(self._seconds))


def _end(_: BaseException | None) -> None:
    if "read_bound" in g:
        g.pop("read_bound").close()

"""The service's OpenAPI document as its routes use it: with our formats, and the problems of the idempotency key."""

from __future__ import annotations

from pathlib import Path

from contracts.money import currencies
from service_kit.errors import Problem
from service_kit.operations import Operations
from service_kit.schemas import Formats, Mistake
from transaction_service.routes.problems import IdempotencyKeyInvalid, IdempotencyKeyMissing

OPENAPI = Path(__file__).parent.with_name("openapi")
KEY_HEADER = "Idempotency-Key"
FORMATS: Formats = {"iso-4217": lambda text: text in currencies()}


def operations() -> Operations:
    """Every operation of the document, compiled."""
    return Operations.load(OPENAPI, FORMATS, refusals={KEY_HEADER: _key_refused})


def _key_refused(mistake: Mistake) -> Problem:
    return key_missing() if mistake["code"] == "required" else IdempotencyKeyInvalid(mistake["detail"])


def key_missing() -> IdempotencyKeyMissing:
    """The problem of a request without its key."""
    return IdempotencyKeyMissing("Choose a key for this request, and send it again with every retry.")

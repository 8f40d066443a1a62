"""The document of the payments API, and a client that holds every answer against it."""

from __future__ import annotations

from service_kit.api_document import ApiDocument
from tests.documented import Documented, client_of
from transaction_service.routes.document import FORMATS, OPENAPI

_DOCUMENTED = Documented(OPENAPI, FORMATS)
DocumentedClient = client_of(_DOCUMENTED)


def document() -> ApiDocument:
    return _DOCUMENTED.document

"""docs/errors.md is what the code says."""

from __future__ import annotations

from service_kit.problems import HTTP_CODES
from stack.error_codes import ADVICE, PAGE, page
from transaction_service.domain import Reason


def test_the_page_is_what_the_command_would_write() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make documents"


def test_every_reason_of_the_ledger_and_every_code_of_http_is_on_it() -> None:
    assert [code for code in (*Reason, *HTTP_CODES.values()) if f"| `{code}` |" not in page()] == []


def test_every_503_says_to_come_again() -> None:
    assert "Retry-After" in ADVICE[503]

"""What must never reach a log: credentials, and an amount beside the account that it belongs to.

A second line of defence. The first is not to log them; this one holds when a library, an exception's text or a
hurried change does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "[redacted]"
MAX_DEPTH = 6

_SECRET_KEY = re.compile(r"token|passw|secret|authorization|cookie|credential|api_?key|private_?key", re.IGNORECASE)
_JWT = r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*"
_BEARER = r"(?i:\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}"
_URL_CREDENTIALS = r"(?<=://)[^/\s@]+(?=@)"
_PAIR = r"(?i:(?<=password=)|(?<=token=)|(?<=secret=))[^\s&\"']+"
_SECRET_TEXT = re.compile("|".join((_JWT, _BEARER, _URL_CREDENTIALS, _PAIR)))


def redact(event: Any) -> Any:
    """Return a copy of `event` (any JSON-like value) without secrets.

    Values under keys that name a credential are replaced whole; credentials inside other strings (a JWT, a bearer or
    basic header, the user and password of a URL) are cut out. What is nested deeper than MAX_DEPTH is replaced.
    """
    return _redact(event, 0)


def redact_text(text: str) -> str:
    """The same for one string, for text that is shown elsewhere than in a log."""
    return _SECRET_TEXT.sub(HIDDEN, text)


def _redact(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return redact_text(value) if len(value) > 8 else value
    if value is None or isinstance(value, (int, float)):
        return value
    if depth > MAX_DEPTH:
        return HIDDEN
    if isinstance(value, Mapping):
        return _redact_mapping(value, depth)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_redact(item, depth + 1) for item in value]
    return redact_text(repr(value))


def _redact_mapping(mapping: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
    hide_amounts = any("account" in str(key) for key in mapping)
    return {
        key: HIDDEN if _is_hidden(str(key), hide_amounts) else _redact(value, depth + 1)
        for key, value in mapping.items()
    }


def _is_hidden(key: str, hide_amounts: bool) -> bool:
    return bool(_SECRET_KEY.search(key)) or (hide_amounts and ("amount" in key or "balance" in key))

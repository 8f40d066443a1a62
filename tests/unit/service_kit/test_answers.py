"""What answers look like, whoever gives them."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from service_kit.answers import json_answer


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2026, 11, 1, 9, 31, tzinfo=UTC), b'"2026-11-01T09:31:00.000Z"'),
        (datetime(2026, 11, 1, 9, 31, 0, 123_456, tzinfo=UTC), b'"2026-11-01T09:31:00.123Z"'),
        (datetime(2026, 11, 1, 1, 31, tzinfo=timezone(timedelta(hours=2))), b'"2026-10-31T23:31:00.000Z"'),
        (date(2026, 11, 1), b'"2026-11-01"'),
        (UUID(int=1), b'"00000000-0000-0000-0000-000000000001"'),
    ],
)
def test_moments_have_the_one_form_of_the_platform(value: Any, text: bytes) -> None:
    assert json_answer({"at": [value]}).data == b'{"at":[' + text + b"]}"


def test_what_has_no_form_in_json_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="not JSON serializable: set"):
        json_answer({"those": {1}})

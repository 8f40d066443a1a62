"""One form of a moment for every answer and event."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.moments import rfc3339

ZONES = st.builds(lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-14 * 60, 14 * 60))
MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 11, 1, 9, 31, tzinfo=UTC), "2026-11-01T09:31:00.000Z"),
        (datetime(2026, 11, 1, 9, 31, 0, 999_999, tzinfo=UTC), "2026-11-01T09:31:00.999Z"),
        (datetime(2026, 11, 1, 1, 0, tzinfo=timezone(timedelta(hours=2))), "2026-10-31T23:00:00.000Z"),
        (datetime(999, 1, 1, tzinfo=UTC), "0999-01-01T00:00:00.000Z"),
    ],
)
def test_a_moment_is_written_in_utc_to_the_millisecond(at: datetime, text: str) -> None:
    assert rfc3339(at) == text


def test_a_moment_without_a_zone_is_none() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        rfc3339(datetime(2026, 11, 1))  # noqa: DTZ001


@given(MOMENTS)
def test_it_is_read_back_but_for_its_microseconds(at: datetime) -> None:
    assert timedelta(0) <= at - datetime.fromisoformat(rfc3339(at)) < timedelta(milliseconds=1)


@given(MOMENTS, MOMENTS)
def test_texts_compare_as_the_moments_do(one: datetime, other: datetime) -> None:
    assert (rfc3339(one) < rfc3339(other)) <= (one < other)

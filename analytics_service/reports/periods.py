"""Minutes, hours, days, weeks and months of any time zone, with days of 23 and 25 hours.

Days, weeks (from Monday, ISO 8601) and months begin at midnight of the zone's clocks. Where those skip midnight, the
day begins when they do; where they show it twice, with the first. Hours and minutes are those of the clocks, too: the
hour that is there twice, when clocks go back, is two hours.
"""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

import pandas as pd

Unit = Literal["minute", "hour", "day", "week", "month"]
UNITS: tuple[Unit, ...] = ("minute", "hour", "day", "week", "month")
UTC = "UTC"
_OF_CLOCKS = {"minute": "min", "hour": "h"}
_NAMES = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}


def on_clocks(times: pd.Series, zone: str | None) -> pd.Series:
    """What the zone's clocks and calendars showed, as times without a zone."""
    return times.dt.tz_convert(ZoneInfo(zone or UTC)).dt.tz_localize(None)


def starts_of(times: pd.Series, unit: Unit, zone: str | None) -> pd.Series:
    """The first moment, in UTC, of the period that each of `times` (in UTC) is in."""
    clocks = on_clocks(times, zone)
    if unit in _OF_CLOCKS:
        # The same offset from UTC before and after: an hour ends where clocks are set.
        begun = clocks.dt.floor(_OF_CLOCKS[unit])
        return times - (clocks - begun)
    days = clocks.dt.normalize()
    if unit == "week":
        days -= pd.to_timedelta(days.dt.day_of_week, unit="D").astype(days.dtype.str.replace("M8", "m8"))
    elif unit == "month":
        days -= pd.to_timedelta(days.dt.day - 1, unit="D").astype(days.dtype.str.replace("M8", "m8"))
    return _midnights(days, zone).astype(times.dtype)


def names_of(starts: pd.Series, unit: Unit, zone: str | None) -> pd.Series:
    """What a person calls each period; those of clocks with their offset from UTC, or two would be called alike."""
    local = starts.dt.tz_convert(ZoneInfo(zone or UTC))
    if unit in _NAMES:
        return local.dt.strftime(_NAMES[unit]).astype(object)
    return local.map(lambda start: start.isoformat(timespec="minutes"), na_action="ignore").astype(object)


def _midnights(days: pd.Series, zone: str | None) -> pd.Series:
    # There are few of them, and to look up when clocks are set is slow.
    codes, distinct = pd.factorize(days)
    first_of_two = [True] * len(distinct)
    moments = pd.DatetimeIndex(distinct).tz_localize(
        ZoneInfo(zone or UTC), ambiguous=first_of_two, nonexistent="shift_forward"
    )
    return pd.Series(moments.tz_convert(UTC)[codes], index=days.index)

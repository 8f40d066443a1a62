"""What a bulk write says when it fails, sorted into what was expected and what was not."""

from __future__ import annotations

from pymongo.errors import BulkWriteError, WTimeoutError

_DUPLICATE_KEY = 11000


def duplicates(error: BulkWriteError) -> list[int]:
    """The indexes of the writes that met an id which is there already.

    Raises:
        BulkWriteError: something else went wrong too.
        WTimeoutError: no majority has acknowledged in time: an outage, as the driver tells it of a single write.
    """
    details = error.details
    if any(mistake["code"] != _DUPLICATE_KEY for mistake in details["writeErrors"]):
        raise error
    if details["writeConcernErrors"]:
        raise WTimeoutError("not acknowledged by a majority", details=details["writeConcernErrors"][0]) from error
    return [mistake["index"] for mistake in details["writeErrors"]]

"""What is a duplicate and what is not."""

from __future__ import annotations

import pytest
from pymongo.errors import BulkWriteError, WTimeoutError

from notification_service.storage.bulk import duplicates

LATE = {"code": 64, "errmsg": "waiting for replication timed out"}


def failed(*codes: int, late: bool = False) -> BulkWriteError:
    errors = [{"index": index, "code": code} for index, code in enumerate(codes)]
    return BulkWriteError({"writeErrors": errors, "writeConcernErrors": [LATE] if late else []})


def test_duplicates_are_told_by_their_index():
    assert duplicates(failed(11000, 11000)) == [0, 1]


def test_anything_else_is_raised():
    with pytest.raises(BulkWriteError):
        duplicates(failed(11000, 121))


def test_without_a_majority_nothing_counts_as_stored():
    with pytest.raises(WTimeoutError):
        duplicates(failed(11000, late=True))

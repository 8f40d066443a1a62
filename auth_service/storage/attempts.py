"""What was tried, kept for the day when Redis forgets it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from auth_service.domain.attempts import Budget, Refusal, Tally, alive, counted, ends_at_ms, refusal
from auth_service.storage.together import together
from service_kit.mongo import MongoDocument

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MongoAttempts:
    """ports.Attempts by itself, and the memory behind `RedisAttempts`."""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._db = db

    def take(self, budgets: Sequence[Budget], now_ms: int) -> Refusal | None:
        """See ports.Attempts. Of several at once each sees what the others have counted, or is repeated."""

        def write(session: ClientSession) -> Refusal | None:
            found = [alive(self.tally(budget, session), budget, now_ms) for budget in budgets]
            refused = refusal(found, budgets, now_ms)
            if refused is None:
                for budget, tally in zip(budgets, found, strict=True):
                    document = _document(budget, counted(tally, budget, now_ms))
                    self._db.attempts.replace_one({"_id": budget.key}, document, upsert=True, session=session)
            return refused

        return together(self._db, write)

    def tally(self, budget: Budget, session: ClientSession | None = None) -> Tally | None:
        """What is known of a budget; it may be over."""
        found = self._db.attempts.find_one({"_id": budget.key}, session=session)
        return Tally(found["began_ms"], found["count"], found["open_at_ms"]) if found else None

    def keep(self, budget: Budget, tally: Tally) -> bool:
        """Keep what Redis has counted; False where as much or more is known already, which stays."""
        less = {"_id": budget.key, "$or": [{"began_ms": {"$lt": tally.began_ms}}, _fewer(tally)]}
        try:
            self._db.attempts.replace_one(less, _document(budget, tally), upsert=True)
        except DuplicateKeyError:
            return False
        return True

    def forget(self, budget: Budget) -> None:
        """See ports.Attempts."""
        self._db.attempts.delete_one({"_id": budget.key})


def _fewer(tally: Tally) -> MongoDocument:
    return {"began_ms": tally.began_ms, "count": {"$lt": tally.count}}


def _document(budget: Budget, tally: Tally) -> MongoDocument:
    purge_at = _EPOCH + timedelta(milliseconds=ends_at_ms(tally, budget))
    return {"_id": budget.key, **vars(tally), "purge_at": purge_at}

"""Refresh tokens, by their hashes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.database import Database

from auth_service.domain import Exchange, RefreshToken, Session
from auth_service.storage.sessions import seen_change
from auth_service.storage.together import together
from service_kit.mongo import MongoDocument


class MongoRefreshTokens:
    """ports.RefreshTokens"""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._db = db

    def add(self, token: RefreshToken, until: datetime) -> None:
        self._db.refresh_tokens.insert_one(_document(token, until))

    def by_hash(self, token_hash: str) -> RefreshToken | None:
        found = self._db.refresh_tokens.find_one({"_id": token_hash})
        if found is None:
            return None
        exchange = Exchange(**found["exchange"]) if found["exchange"] else None
        return RefreshToken(found["_id"], found["session_id"], found["issued_at"], exchange)

    def exchange(self, token: RefreshToken, exchange: Exchange, session: Session) -> bool:
        """The token, its successor and the session's last use in one transaction; of two at once one finds it done."""
        successor = RefreshToken(exchange.successor_hash, token.session_id, exchange.at)
        return together(self._db, lambda within: self._write(token, exchange, successor, session, within))

    def _write(
        self, token: RefreshToken, exchange: Exchange, successor: RefreshToken, session: Session, within: ClientSession
    ) -> bool:
        still_open = self._db.sessions.update_one(
            {"_id": session.id, "ended_at": None}, seen_change(session, exchange.at), session=within
        )
        if still_open.matched_count == 0:
            return False
        change = {"$set": {"exchange": vars(exchange)}}
        given = self._db.refresh_tokens.update_one({"_id": token.hash, "exchange": None}, change, session=within)
        if given.matched_count == 0:
            return False
        self._db.refresh_tokens.insert_one(_document(successor, session.expires_at), session=within)
        return True


def _document(token: RefreshToken, until: datetime) -> dict[str, Any]:
    """It is kept for as long as its session may last, also when it is used up: that is how its return is noticed."""
    return {
        "_id": token.hash,
        "session_id": token.session_id,
        "issued_at": token.issued_at,
        "exchange": vars(token.exchange) if token.exchange else None,
        "purge_at": until,
    }

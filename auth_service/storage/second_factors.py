"""Second factors, one a person."""

from __future__ import annotations

from collections.abc import Sequence

from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from auth_service.domain import Act, Session
from auth_service.domain.second_factor import SecondFactor, SecondFactorInPlace
from auth_service.ports import OutgoingEvent
from auth_service.storage.audit import append
from auth_service.storage.outbox import event_document
from auth_service.storage.sessions import end_all, prove
from auth_service.storage.together import together
from service_kit.errors import TokenRevoked
from service_kit.mongo import MongoDocument


class MongoSecondFactors:
    """ports.SecondFactors. Every change asks for the state that it was decided on, so that of two at once one fails."""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._db = db

    def of(self, user_id: str) -> SecondFactor | None:
        found = self._db.second_factors.find_one({"_id": user_id})
        if found is None:
            return None
        fields = {name: found[name] for name in ("sealed_secret", "begun_at", "confirmed_at", "last_step")}
        return SecondFactor(user_id, recovery_hashes=tuple(found["recovery_hashes"]), **fields)

    def begin(self, factor: SecondFactor) -> None:
        document = {**vars(factor), "recovery_hashes": []}
        document["_id"] = document.pop("user_id")
        try:
            self._db.second_factors.replace_one({"_id": factor.user_id, "confirmed_at": None}, document, upsert=True)
        except DuplicateKeyError:
            raise SecondFactorInPlace from None

    def confirm(
        self,
        factor: SecondFactor,
        step: int,
        recovery_hashes: Sequence[str],
        session_id: str,
        event: OutgoingEvent,
        act: Act,
    ) -> list[Session] | None:
        user_id = factor.user_id
        where = {"_id": user_id, "confirmed_at": None, "sealed_secret": factor.sealed_secret}
        change = {"confirmed_at": act.at, "last_step": step, "recovery_hashes": list(recovery_hashes)}

        def write(session: ClientSession) -> list[Session] | None:
            if self._db.second_factors.update_one(where, {"$set": change}, session=session).modified_count == 0:
                return None
            if not prove(self._db, session_id, act, session):
                raise TokenRevoked
            self._db.users.update_one({"_id": user_id}, {"$set": {"notes_from": act.at}}, session=session)
            self._tell(event, act, session)
            return end_all(self._db, user_id, act.at, session_id, session)

        return together(self._db, write)

    def use_step(self, user_id: str, step: int) -> bool:
        where = {"_id": user_id, "confirmed_at": {"$ne": None}, "last_step": {"$lt": step}}
        return self._db.second_factors.update_one(where, {"$set": {"last_step": step}}).modified_count == 1

    def use_recovery(self, user_id: str, recovery_hash: str, event: OutgoingEvent, act: Act) -> bool:
        where = {"_id": user_id, "confirmed_at": {"$ne": None}, "recovery_hashes": recovery_hash}
        return self._change_and_tell(where, {"$pull": {"recovery_hashes": recovery_hash}}, event, act)

    def replace_recovery(self, user_id: str, recovery_hashes: Sequence[str], event: OutgoingEvent, act: Act) -> bool:
        where = {"_id": user_id, "confirmed_at": {"$ne": None}}
        return self._change_and_tell(where, {"$set": {"recovery_hashes": list(recovery_hashes)}}, event, act)

    def remove(self, user_id: str, event: OutgoingEvent, act: Act) -> bool:
        def write(session: ClientSession) -> bool:
            removed = self._db.second_factors.delete_one({"_id": user_id}, session=session).deleted_count == 1
            if removed:
                proven = {"user_id": user_id, "ended_at": None}
                self._db.sessions.update_many(proven, {"$set": {"stepped_up_at": None}}, session=session)
                self._tell(event, act, session)
            return removed

        return together(self._db, write)

    def _tell(self, event: OutgoingEvent, act: Act, session: ClientSession) -> None:
        self._db.outbox.insert_one(event_document(event, act.at), session=session)
        append(self._db, act, session)

    def _change_and_tell(self, where: MongoDocument, change: MongoDocument, event: OutgoingEvent, act: Act) -> bool:
        def write(session: ClientSession) -> bool:
            changed = self._db.second_factors.update_one(where, change, session=session).modified_count == 1
            if changed:
                self._tell(event, act, session)
            return changed

        return together(self._db, write)

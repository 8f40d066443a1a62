"""A user as the store writes them, and back."""

from __future__ import annotations

from auth_service.domain import EmailChange, Lock, User, address_key
from service_kit.mongo import MongoDocument


def user_of(document: MongoDocument) -> User:
    """As it is known outside of the store."""
    fields = {name: document[name] for name in ("username", "email", "origin", "created_at", "password_hash")}
    change, lock = document.get("email_change"), document.get("lock")
    return User(
        id=document["_id"],
        roles=tuple(document["roles"]),
        email_confirmed="confirmed_email" in document,
        email_change=EmailChange(**change) if change else None,
        lock=Lock(**lock) if lock else None,
        closed_at=document.get("closed_at"),
        notes_from=document.get("notes_from", document.get("password_reset_at")),  # its name when only a reset set it
        password_is_generated="password_is_generated" in document,
        **fields,
    )


def user_document(user: User) -> MongoDocument:
    """`confirmed_email` is there only once the address is confirmed; among those that have it, it is unique."""
    confirmed = {"confirmed_email": address_key(user.email)} if user.email_confirmed else {}
    generated = {"password_is_generated": True} if user.password_is_generated else {}
    return {
        "_id": user.id,
        "username": user.username,
        "email": user.email,
        "roles": list(user.roles),
        "origin": user.origin,
        "created_at": user.created_at,
        "password_hash": user.password_hash,
        "lock": vars(user.lock) if user.lock else None,
        "closed_at": user.closed_at,
        "notes_from": user.notes_from,
        **confirmed,
        **generated,
    }

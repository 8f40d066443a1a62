"""A change of address: who reads the new one says yes, and who reads the old one too (docs/decisions/0031)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auth_service.domain.letter import MailLink
    from auth_service.domain.user import User


@dataclass(frozen=True)
class EmailChange:
    """One that is asked for. `approved`: by the old address, where that is confirmed; `confirmed`: by the new one."""

    id: str
    address: str
    ends_at: datetime
    approved: bool
    confirmed: bool = False


def after_yes(user: User, link: MailLink, now: datetime) -> User | None:
    """The user after a link of their present change was used; None where it belongs to no change that still counts."""
    change = user.email_change
    if change is None or change.id != link.about or now >= change.ends_at:
        return None
    change = replace(
        change,
        confirmed=change.confirmed or link.kind == "confirm_new_email",
        approved=change.approved or link.kind == "approve_new_email",
    )
    if not (change.confirmed and change.approved):
        return replace(user, email_change=change)
    return replace(user, email=change.address, email_confirmed=True, email_change=None)

"""What is asked of other services about people, and told to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from analytics_service.domain.job import Job


@dataclass(frozen=True)
class Standing:
    """Whether a person may still act (`state`: active, locked, closed), and with which roles."""

    state: str
    roles: tuple[str, ...]


class People(Protocol):
    """Auth, as far as it is asked."""

    def standing(self, user_id: str) -> Standing:
        """Of somebody who is nobody: closed. Raises AuthUnavailable."""


class NoticeRefused(Exception):
    """The other side says that this is no notice: sending it again helps nobody."""


class Notices(Protocol):
    """Where people are told."""

    def tell(self, job: Job) -> None:
        """Have its person told that their scheduled job is over: once, however often it is called.

        Raises Unavailable where it is not known to be durable, NoticeRefused where it never will be.
        """

"""What came to an address, read from the mailbox's API as a mail program would show it."""

from __future__ import annotations

import re
from typing import Any

import httpx

from bench.stacks import Platform
from tests.waiting import TIMEOUT_SECONDS, eventually

CONFIRM, RESET, CHANGED = "Confirm your e-mail address", "Set a new password", "Your password was changed"
CONFIRM_NEW = "Confirm your new e-mail address"


class Mailbox:
    """The letters to one address, the newest first."""

    def __init__(self, platform: Platform, address: str) -> None:
        self._api = f"{platform.url('mail')}/api/v1"
        self._address = address

    def subjects(self) -> list[str]:
        return [each["Subject"] for each in self._found()]

    def link(self, subject: str, nth: int = 1) -> str:
        """The link in the newest letter with this subject, once `nth` of them have come."""
        found: list[dict[str, Any]] = []

        def came() -> bool:
            found[:] = [each for each in self._found() if each["Subject"] == subject]
            return len(found) >= nth

        eventually(came, what=f"letter {nth} {subject!r} to {self._address}")
        text = httpx.get(f"{self._api}/message/{found[0]['ID']}", timeout=TIMEOUT_SECONDS).json()["Text"]
        (link,) = re.findall(r"^http\S+\?token=\S+$", text, re.MULTILINE)
        return str(link)

    def _found(self) -> list[dict[str, Any]]:
        return list(
            httpx.get(f"{self._api}/search", params={"query": f"to:{self._address}"}, timeout=TIMEOUT_SECONDS).json()[
                "messages"
            ]
        )

"""People who do what they are told of by e-mail, and the letters that come of it."""

import contextlib
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from functools import partial

import httpx

from bench.stacks import Platform
from tests.e2e.api_client import GRANT, Client

READERS = 4
PAUSE_SECONDS = 0.5
LOG_IN_EVERY = 200
"""A token lasts five minutes."""
REJECTED = "was not made"
PAGE = 500
"""So many letters the stack's mailbox keeps."""


class LetterReaders:
    """Each tries to send more than they have, again and again: what is rejected is told by e-mail.

    A thread makes the attempts and, as it goes, reads the mailbox, which keeps the latest letters only.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._readers = [Client(platform, f"drill-{uuid.uuid4().hex[:12]}").join() for _ in range(READERS)]
        self._stop = threading.Event()
        self._seen: dict[str, str] = {}
        self._thread = threading.Thread(target=self._run, name="letter readers", daemon=True)

    def start(self) -> None:
        """Begin to try."""
        self._thread.start()

    def stop(self) -> None:
        """Try no more."""
        self._stop.set()
        self._thread.join()

    def due(self) -> set[str]:
        """The ids of the letters that there must be: one for each rejection in their inboxes."""
        ids: set[str] = set()
        for reader in self._readers:
            assert reader.log_in().status_code == 200
            cursor: dict[str, str] = {}
            while True:
                page = reader.get("/v1/notifications", of="notification-web", limit=100, **cursor).json()
                told = [each for each in page["notifications"] if each["kind"] == "transfer.rejected"]
                ids |= {each["id"].removesuffix("inbox") + "email" for each in told}
                if page["next_cursor"] is None:
                    break
                cursor = {"cursor": page["next_cursor"]}
        return ids

    def come(self) -> Counter[str]:
        """How often each letter about a rejection has come, by the id that its Message-ID is made of."""
        self._look()
        return Counter(self._seen.values())

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(PAUSE_SECONDS):
            reader = self._readers[number % READERS]
            if number % LOG_IN_EVERY < READERS:
                self._quietly(reader.log_in)
            number += 1
            self._quietly(partial(reader.send, self._readers[number % READERS].username, GRANT * 10))
            if number % 20 == 0:
                self._quietly(self._look)

    def _look(self) -> None:
        """Every letter that is there now, under the mailbox's own number for it."""
        url, addresses = f"{self._platform.url('mail')}/api/v1/messages", {reader.email for reader in self._readers}
        for letter in httpx.get(url, params={"limit": PAGE}, timeout=10).json()["messages"]:
            if letter["To"][0]["Address"] in addresses and REJECTED in letter["Subject"]:
                self._seen[letter["ID"]] = letter["MessageID"].partition("@")[0]

    @staticmethod
    def _quietly(do: Callable[[], object]) -> None:
        """What isn't answered now is left: the inboxes tell in the end what there must be letters of."""
        with contextlib.suppress(httpx.HTTPError):
            do()

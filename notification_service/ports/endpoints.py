"""Where webhooks go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from notification_service.domain.endpoint import Disabled, Endpoint, Failing, SealedSecret, Subscription


class Endpoints(Protocol):
    """Everybody's webhook endpoints. Every method raises PyMongoError where the database is away."""

    def subscribed(self, user_ids: Iterable[str]) -> Mapping[str, Sequence[Subscription]]:
        """The enabled endpoints of those of these people who have any. One query, for a batch of events."""

    # For their owners.

    def add(self, endpoint: Endpoint, most: int) -> bool:
        """Keep a new one; False if the person has `most` already."""

    def of(self, user_id: str) -> list[Endpoint]:
        """A person's, the oldest first."""

    def find(self, id: str) -> Endpoint | None:
        """One of them."""

    def change(self, endpoint: Endpoint) -> bool:
        """Let URL, description and kinds be these, and `failing`, which another URL forgets; False if there is no such
        endpoint of this person any more."""

    def replace_secrets(
        self,
        id: str,
        before: Sequence[SealedSecret],
        after: Sequence[SealedSecret],
        to_show_until: datetime | None = None,
    ) -> bool:
        """False, and nothing, if somebody else was quicker."""

    def show_once(self, user_id: str, id: str, now: datetime) -> Endpoint | None:
        """The endpoint, if its secret is yet to be shown: to who asks first, and to nobody else."""

    def note_resend(self, id: str, since: datetime, most: int, now: datetime) -> bool:
        """One more message is sent again; False, and nothing, if there were `most` after `since` already."""

    def enable(self, id: str, now: datetime) -> bool:
        """Begin again, with nothing held against it; False if there is no such endpoint any more."""

    def remove(self, user_id: str, id: str) -> bool:
        """False if the person had none of this id."""

    def forget(self, user_ids: Iterable[str]) -> None:
        """Remove all of these people's."""

    # For deliverers.

    def disable(self, id: str, why: Disabled, now: datetime, url: str | None = None) -> bool:
        """Send nothing there any more; False if it was so before, or where it doesn't lead to `url` any more."""

    def failed(self, id: str, url: str, now: datetime) -> Failing | None:
        """One more attempt failed, at this URL; how it stands now. None where it leads elsewhere by now, or is gone:
        nothing is held against another URL."""

    def answered(self, id: str) -> None:
        """An attempt did not fail: what failed before is forgotten."""

    def mended(self, ids: Sequence[str]) -> list[str]:
        """Those of these with nothing held against them: one has answered since it failed, or its owner has changed
        its URL or enabled it again."""

"""Webhook endpoints in memory; tests/integration holds them and the real ones to one suite."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from notification_service.domain.endpoint import Endpoint, Failing, Subscription


class MemoryEndpoints:
    """Everybody's endpoints. `away` makes it raise."""

    def __init__(self) -> None:
        self.endpoints: dict[str, Endpoint] = {}
        self.resent: dict[str, list[datetime]] = {}
        self.away: Exception | None = None

    def subscribed(self, user_ids):
        found: dict[str, list[Subscription]] = {}
        wanted = set(user_ids)
        for each in self._all():
            if each.user_id in wanted and each.disabled is None:
                found.setdefault(each.user_id, []).append(Subscription(each.id, each.kinds))
        return found

    def add(self, endpoint, most):
        if len(self.of(endpoint.user_id)) >= most:
            return False
        self.endpoints[endpoint.id] = endpoint
        return True

    def of(self, user_id):
        return sorted((each for each in self._all() if each.user_id == user_id), key=lambda each: each.id)

    def find(self, id):
        return {each.id: each for each in self._all()}.get(id)

    def change(self, endpoint):
        known = self.find(endpoint.id)
        if known is None or known.user_id != endpoint.user_id:
            return False
        failing = known.failing if known.url == endpoint.url else None
        new = {"url": endpoint.url, "description": endpoint.description, "kinds": endpoint.kinds}
        return self._change(endpoint.id, failing=failing, **new)

    def replace_secrets(self, id, before, after, to_show_until=None):
        known = self.find(id)
        if known is None or known.secrets[0].sealed != before[0].sealed:
            return False
        return self._change(id, secrets=tuple(after), to_show_until=to_show_until)

    def show_once(self, user_id, id, now):
        known = self.find(id)
        if known is None or known.user_id != user_id or known.to_show_until is None or known.to_show_until <= now:
            return None
        self._change(id, to_show_until=None)
        return known

    def note_resend(self, id, since, most, now):
        recent = [at for at in self.resent.get(id, []) if at > since]
        if self.find(id) is None or len(recent) >= most:
            return False
        self.resent[id] = [*recent, now]
        return True

    def enable(self, id, now):
        return self._change(id, enabled_at=now, disabled=None, disabled_at=None, failing=None)

    def remove(self, user_id, id):
        known = self.find(id)
        if known is None or known.user_id != user_id:
            return False
        del self.endpoints[id]
        return True

    def forget(self, user_ids):
        for each in self._all():
            if each.user_id in set(user_ids):
                del self.endpoints[each.id]

    def disable(self, id, why, now, url=None):
        known = self.find(id)
        if known is None or known.disabled or known.url != (url or known.url):
            return False
        return self._change(id, disabled=why, disabled_at=now)

    def failed(self, id, url, now):
        known = self.find(id)
        if known is None or known.url != url:
            return None
        before = known.failing or Failing(now, 0)
        after = Failing(before.since, before.attempts + 1)
        self._change(id, failing=after)
        return after

    def answered(self, id):
        found = self.find(id)
        if found is not None and found.disabled is None:
            self._change(id, failing=None)

    def mended(self, ids):
        return [each.id for each in self._all() if each.id in ids and each.failing is None]

    def _change(self, id, **changes):
        known = self.find(id)
        if known is None:
            return False
        self.endpoints[id] = replace(known, **changes)
        return True

    def _all(self):
        if self.away is not None:
            raise self.away
        return list(self.endpoints.values())

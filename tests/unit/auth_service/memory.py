"""Auth's stores in memory. They are trusted because they pass the suite of the real ones (tests/integration)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock

from auth_service.domain import (
    OLDEST_AT_ONCE,
    OPEN_SESSIONS_MAX,
    PLATFORM,
    Act,
    Client,
    Entry,
    Exchange,
    Head,
    LastAdmin,
    MailOrder,
    Opened,
    Recorded,
    RefreshToken,
    Session,
    StoredKey,
    User,
    UserChanged,
    UsernameTaken,
    Whence,
    address_key,
    entry_of,
)
from auth_service.domain.attempts import Budget, Refusal, Tally, alive, counted, refusal
from auth_service.domain.second_factor import SecondFactor, SecondFactorInPlace
from auth_service.payment_accounts import PaymentsUnavailable
from auth_service.ports import OutgoingEvent, Told
from contracts.access_token import NEWCOMER
from contracts.session import SessionEntry
from service_kit.errors import TokenRevoked
from tests.unit.auth_service.memory_mail import MemoryMail


class MemoryOutbox:
    def __init__(self) -> None:
        self.events: dict[str, OutgoingEvent] = {}
        self.written_at: dict[str, datetime] = {}

    def write(self, event: OutgoingEvent, at: datetime) -> None:
        self.events[event.id] = event
        self.written_at[event.id] = at

    def waiting(self, limit: int) -> list[OutgoingEvent]:
        return [self.events[event_id] for event_id in sorted(self.events)][:limit]

    def remove(self, event_ids: list[str]) -> None:
        for event_id in event_ids:
            self.events.pop(event_id, None)
            self.written_at.pop(event_id, None)

    def depth_and_oldest(self) -> tuple[int, datetime | None]:
        return len(self.events), self.written_at[min(self.events)] if self.events else None


class MemoryTrail:
    def __init__(self) -> None:
        self.chains: dict[str, list[Entry]] = {}
        self.whences: dict[tuple[str, int], Whence] = {}

    def append(self, act: Act) -> None:
        chain = self.chains.setdefault(act.user_id, [])
        head = Head(chain[-1].seq, chain[-1].hash) if chain else Head()
        chain.append(entry_of(act, head, f"salt-{head.seq}"))
        self.whences[act.user_id, head.seq + 1] = act.whence

    def forget(self, user_id: str) -> None:
        self.whences = {key: whence for key, whence in self.whences.items() if key[0] != user_id}

    def of(self, user_id: str, limit: int, before: int | None = None) -> list[Recorded]:
        newest_first = reversed(self.chains.get(user_id, []))
        wanted = [entry for entry in newest_first if before is None or entry.seq < before][:limit]
        return [Recorded(entry, self.whences.get((user_id, entry.seq))) for entry in wanted]


class MemoryUsers:
    def __init__(self, outbox: MemoryOutbox, trail: MemoryTrail, mail: MemoryMail) -> None:
        self._outbox, self._trail, self._mail = outbox, trail, mail
        self.sessions: MemorySessions | None = None
        self._users: dict[str, User] = {}

    def add(self, user: User, event: OutgoingEvent, act: Act, order: MailOrder | None = None) -> None:
        if self.by_username(user.username) is not None:
            raise UsernameTaken
        self._users[user.id] = user
        self._outbox.write(event, user.created_at)
        self._trail.append(act)
        if order is not None:
            self._mail.add(order)

    def search(self, text: str, limit: int, after: str = "") -> list[User]:
        def fits(user: User) -> bool:
            if "@" in text:
                return address_key(user.email) == address_key(text)
            return user.id == text or user.username.startswith(text.lower())

        found = sorted((user for user in self._users.values() if fits(user)), key=lambda user: user.username)
        return [user for user in found if user.username > after][:limit]

    def change(
        self, before: User, after: User, event: OutgoingEvent, act: Act, *, ends_sessions: bool = False
    ) -> list[Session]:
        now = self._users.get(before.id)
        if now is None or (now.roles, now.lock) != (before.roles, before.lock):
            raise UserChanged
        others = [user for user in self._users.values() if user.id != before.id and user.may_administer]
        if before.may_administer and not after.may_administer and not others:
            raise LastAdmin
        self._users[before.id] = replace(now, roles=after.roles, lock=after.lock)
        self._outbox.write(event, act.at)
        self._trail.append(act)
        if after.lock is not None and self.sessions:
            self.sessions.forget_places(before.id)
        return self.sessions.end_open(before.id, act.at, None) if ends_sessions and self.sessions else []

    def close(self, before: User, closed: User, event: OutgoingEvent, act: Act) -> list[Session]:
        self._trail.forget(before.id)
        ended = self.change(before, replace(before, roles=()), event, act, ends_sessions=True)
        self._users[before.id] = closed
        return ended

    def put(self, user: User) -> None:
        self._users[user.id] = user

    def by_username(self, username: str) -> User | None:
        return next((user for user in self._users.values() if user.username == username), None)

    def by_id(self, user_id: str) -> User | None:
        return self._users.get(user_id)

    def by_confirmed_email(self, address: str) -> User | None:
        mine = (user for user in self._users.values() if user.email_confirmed)
        return next((user for user in mine if address_key(user.email) == address_key(address)), None)

    def replace_password_hash(self, user_id: str, old: str, new: str) -> bool:
        user = self._users[user_id]
        if user.password_hash != old:
            return False
        self._users[user_id] = replace(user, password_hash=new)
        return True

    def with_role(self, role: str) -> User | None:
        return next((user for user in self._users.values() if role in user.roles), None)

    def add_role(self, user_id: str, role: str, told: Callable[[User], Told]) -> User | None:
        user = self._users.get(user_id)
        if user is None:
            return None
        after = self._users[user_id] = replace(user, roles=tuple(dict.fromkeys((*user.roles, role))))
        made = told(after)
        assert made.event is not None
        self._outbox.write(made.event, made.act.at)
        self._trail.append(made.act)
        return after


class MemorySessions:
    def __init__(self, outbox: MemoryOutbox, trail: MemoryTrail) -> None:
        self._outbox, self._trail = outbox, trail
        self.user_of: Callable[[str], User | None] = lambda user_id: None
        self.has_factor: Callable[[str], bool] = lambda user_id: False
        self.most_open = OPEN_SESSIONS_MAX
        self._sessions: dict[str, Session] = {}
        self._places: set[tuple[str, str, str]] = set()

    def add(
        self, session: Session, told: Callable[[User, bool], Told], password_hash: str | None = None
    ) -> Opened | None:
        user = self.user_of(session.user_id)
        if user is None or password_hash not in (None, user.password_hash):
            return None
        if user.lock is not None or not {*session.roles} <= {*user.roles, NEWCOMER}:
            raise UserChanged
        if session.stepped_up_at is None and self.has_factor(user.id):
            raise UserChanged
        if NEWCOMER not in user.session_roles:
            session = session.without_role(NEWCOMER)
        self._sessions[session.id] = session
        place = (session.user_id, session.device, session.address)
        made = told(user, place in self._places)
        self._places.add(place)
        self._trail.append(made.act)
        if made.event is not None:
            self._outbox.write(made.event, made.act.at)
        return Opened(session, self._end_oldest(session))

    def _end_oldest(self, opened: Session) -> tuple[Session, ...]:
        mine = [found for found in self._sessions.values() if found.user_id == opened.user_id and found != opened]
        others = [found for found in mine if found.is_open(opened.created_at)]
        newest_first = sorted(others, key=lambda found: found.created_at, reverse=True)
        oldest = tuple(newest_first[self.most_open - 1 :][:OLDEST_AT_ONCE])
        self._sessions |= {found.id: replace(found, ended_at=opened.created_at) for found in oldest}
        if oldest:
            self._trail.append(Act(opened.user_id, "sessions.ended", opened.created_at, PLATFORM))
        return oldest

    def forget_places(self, user_id: str) -> None:
        self._places = {place for place in self._places if place[0] != user_id}

    def by_id(self, session_id: str) -> Session | None:
        return self._sessions.get(session_id)

    def by_cookie_hash(self, cookie_hash: str) -> Session | None:
        return next((found for found in self._sessions.values() if found.cookie_hash == cookie_hash), None)

    def seen(self, session: Session, at: datetime) -> None:
        found = self._sessions[session.id]
        self._sessions[session.id] = replace(found, last_seen_at=max(found.last_seen_at, at))

    def end(self, session_id: str, act: Act, event: OutgoingEvent | None = None) -> bool:
        session = self._sessions.get(session_id)
        if session is None or session.ended_at is not None:
            return False
        self._sessions[session_id] = replace(session, ended_at=act.at)
        self._trail.append(act)
        if event is not None:
            self.forget_places(act.user_id)
            self._outbox.write(event, act.at)
        return True

    def step_up(self, session_id: str, act: Act) -> bool:
        session = self._sessions.get(session_id)
        if session is None or session.ended_at is not None or session.user_id != act.user_id:
            return False
        self._sessions[session_id] = replace(session, stepped_up_at=act.at)
        self._trail.append(act)
        return True

    def prove(self, user_id: str, session_id: str, at: datetime) -> None:
        session = self._sessions.get(session_id)
        if session is None or session.ended_at is not None or session.user_id != user_id:
            raise TokenRevoked
        self._sessions[session_id] = replace(session, stepped_up_at=at)

    def forget_proofs(self, user_id: str) -> None:
        for session in self._sessions.values():
            if session.user_id == user_id and session.ended_at is None:
                self._sessions[session.id] = replace(session, stepped_up_at=None)

    def end_all(self, user_id: str, act: Act, keep: str | None = None) -> list[Session]:
        ended = self.end_open(user_id, act.at, keep)
        if ended:
            self._trail.append(act)
        return ended

    def move(self, session_id: str | None, new_id: str, cookie_hash: str | None) -> None:
        kept = self._sessions.get(session_id or "")
        if kept is not None and kept.ended_at is None:
            self._sessions[new_id] = replace(kept, id=new_id, cookie_hash=cookie_hash)

    def end_open(self, user_id: str, at: datetime, keep: str | None) -> list[Session]:
        mine = [found for found in self._sessions.values() if found.user_id == user_id and found.id != keep]
        ended = [found for found in mine if found.is_open(at)]
        self._sessions |= {found.id: replace(found, ended_at=at) for found in ended}
        return ended

    def without_role(self, user_id: str, role: str) -> list[Session]:
        found = [each for each in self._sessions.values() if each.user_id == user_id and role in each.roles]
        had = [each for each in found if each.ended_at is None]
        for each in had:
            self._sessions[each.id] = each.without_role(role)
        return had

    def open_of(self, user_id: str, now: datetime) -> list[Session]:
        mine = [found for found in self._sessions.values() if found.user_id == user_id and found.is_open(now)]
        return sorted(mine, key=lambda found: (found.door, found.created_at, found.id), reverse=True)[:100]

    def ended_since(self, moment: datetime) -> list[str]:
        ended = self._sessions.values()
        return [found.id for found in ended if found.ended_at is not None and found.ended_at >= moment]

    def open_count(self, now: datetime) -> dict[str, int]:
        counts: dict[str, int] = {}
        for found in self._sessions.values():
            if found.is_open(now):
                counts[found.door] = counts.get(found.door, 0) + 1
        return counts


class MemoryRefreshTokens:
    def __init__(self, sessions: MemorySessions) -> None:
        self._sessions = sessions
        self.tokens: dict[str, RefreshToken] = {}

    def add(self, token: RefreshToken, until: datetime) -> None:
        self.tokens[token.hash] = token

    def by_hash(self, token_hash: str) -> RefreshToken | None:
        return self.tokens.get(token_hash)

    def exchange(self, token: RefreshToken, exchange: Exchange, session: Session) -> bool:
        found = self._sessions.by_id(session.id)
        if found is None or found.ended_at is not None or self.tokens[token.hash].exchange is not None:
            return False
        self._sessions.seen(session, exchange.at)
        self.tokens[token.hash] = replace(token, exchange=exchange)
        self.tokens[exchange.successor_hash] = RefreshToken(exchange.successor_hash, session.id, exchange.at)
        return True


class MemoryClients:
    def __init__(self) -> None:
        self._clients: dict[str, Client] = {}

    def by_id(self, client_id: str) -> Client | None:
        return self._clients.get(client_id)

    def put(self, client: Client) -> None:
        self._clients[client.id] = client


class MemorySealedKeys:
    def __init__(self) -> None:
        self._keys: dict[str, StoredKey] = {}
        self._lock = Lock()

    def all(self) -> list[StoredKey]:
        return list(self._keys.values())

    def add(self, key: StoredKey) -> bool:
        with self._lock:
            if key.follows in {known.follows for known in self._keys.values()}:
                return False
            self._keys[key.kid] = key
            return True

    def remove(self, kids: Iterable[str]) -> None:
        for kid in kids:
            self._keys.pop(kid, None)


class MemorySecondFactors:
    def __init__(self, outbox: MemoryOutbox, trail: MemoryTrail, users: MemoryUsers, sessions: MemorySessions) -> None:
        self._outbox, self._trail, self._users, self._sessions = outbox, trail, users, sessions
        self.factors: dict[str, SecondFactor] = {}
        sessions.has_factor = lambda user_id: self._counting(user_id) is not None

    def of(self, user_id: str) -> SecondFactor | None:
        return self.factors.get(user_id)

    def begin(self, factor: SecondFactor) -> None:
        known = self.factors.get(factor.user_id)
        if known is not None and known.confirmed_at is not None:
            raise SecondFactorInPlace
        self.factors[factor.user_id] = factor

    def confirm(
        self,
        factor: SecondFactor,
        step: int,
        recovery_hashes: Sequence[str],
        session_id: str,
        event: OutgoingEvent,
        act: Act,
    ) -> list[Session] | None:
        if self.factors.get(factor.user_id) != factor or factor.confirmed_at is not None:
            return None
        self._sessions.prove(factor.user_id, session_id, act.at)
        user = self._users.by_id(factor.user_id)
        assert user is not None
        self._users.put(replace(user, notes_from=act.at))
        hashes = tuple(recovery_hashes)
        self._keep(replace(factor, confirmed_at=act.at, last_step=step, recovery_hashes=hashes), event, act)
        return self._sessions.end_open(user.id, act.at, session_id)

    def use_step(self, user_id: str, step: int) -> bool:
        factor = self._counting(user_id)
        if factor is None or step <= factor.last_step:
            return False
        self.factors[user_id] = replace(factor, last_step=step)
        return True

    def use_recovery(self, user_id: str, recovery_hash: str, event: OutgoingEvent, act: Act) -> bool:
        factor = self._counting(user_id)
        if factor is None or recovery_hash not in factor.recovery_hashes:
            return False
        left = tuple(kept for kept in factor.recovery_hashes if kept != recovery_hash)
        return self._keep(replace(factor, recovery_hashes=left), event, act)

    def replace_recovery(self, user_id: str, recovery_hashes: Sequence[str], event: OutgoingEvent, act: Act) -> bool:
        factor = self._counting(user_id)
        return factor is not None and self._keep(replace(factor, recovery_hashes=tuple(recovery_hashes)), event, act)

    def remove(self, user_id: str, event: OutgoingEvent, act: Act) -> bool:
        if self.factors.pop(user_id, None) is None:
            return False
        self._sessions.forget_proofs(user_id)
        self._tell(event, act)
        return True

    def _counting(self, user_id: str) -> SecondFactor | None:
        factor = self.factors.get(user_id)
        return factor if factor is not None and factor.confirmed_at is not None else None

    def _keep(self, factor: SecondFactor, event: OutgoingEvent, act: Act) -> bool:
        self.factors[factor.user_id] = factor
        self._tell(event, act)
        return True

    def _tell(self, event: OutgoingEvent, act: Act) -> None:
        self._outbox.write(event, act.at)
        self._trail.append(act)


class MemoryAttempts:
    def __init__(self) -> None:
        self.tallies: dict[str, Tally] = {}

    def take(self, budgets: Sequence[Budget], now_ms: int) -> Refusal | None:
        found = [alive(self.tallies.get(budget.key), budget, now_ms) for budget in budgets]
        refused = refusal(found, budgets, now_ms)
        if refused is None:
            for budget, tally in zip(budgets, found, strict=True):
                self.tallies[budget.key] = counted(tally, budget, now_ms)
        return refused

    def forget(self, budget: Budget) -> None:
        self.tallies.pop(budget.key, None)


class MemoryCache:
    """Remembers what was put and announced; `away` makes it a Redis that isn't there."""

    def __init__(self) -> None:
        self.entries: dict[str, SessionEntry] = {}
        self.announced: list[list[str]] = []
        self.away = False

    def put(self, cookie_hash: str, entry: SessionEntry, seconds: int) -> None:
        if not self.away:
            self.entries[cookie_hash] = entry

    def drop(self, cookie_hashes: Iterable[str]) -> None:
        for cookie_hash in cookie_hashes:
            if not self.away:
                self.entries.pop(cookie_hash, None)

    def announce_ended(self, session_ids: list[str]) -> bool:
        if not self.away:
            self.announced.append(session_ids)
        return not self.away


class MemoryPayments:
    """ports.PaymentAccounts; `left` is what everybody has."""

    def __init__(self) -> None:
        self.left = 0
        self.away = False

    def hold_money(self, user: User, session_id: str) -> bool:
        if self.away:
            raise PaymentsUnavailable
        return self.left > 0

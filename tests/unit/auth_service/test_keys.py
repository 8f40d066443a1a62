from __future__ import annotations

from threading import Barrier, Thread

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from pymongo import _csot
from pymongo.errors import AutoReconnect
from structlog.testing import capture_logs

from auth_service.domain import REREAD_SECONDS, StoredKey
from auth_service.keyring import RETRY_SECONDS, Keyring, NoSigningKey
from auth_service.set_up import ensure_clients, ensure_signing_key
from auth_service.signing import WrongSigningKeySecret, seal, unseal
from service_kit.errors import StoreUnavailable
from tests.manual_clock import ManualClock
from tests.unit.auth_service.memory import MemorySealedKeys
from tests.unit.auth_service.world import CLIENT_SECRETS, SECRET, World, signing_key, stored_key


def test_a_sealed_key_opens_by_its_secret_only() -> None:
    sealed = seal(signing_key(), SECRET)

    opened = unseal(signing_key().kid, sealed, SECRET)

    assert opened.private.private_numbers() == signing_key().private.private_numbers()
    with pytest.raises(WrongSigningKeySecret):
        unseal(signing_key().kid, sealed, SecretStr(Fernet.generate_key().decode()))


def test_the_first_key_is_made_once() -> None:
    keys = MemorySealedKeys()

    assert ensure_signing_key(keys, SECRET, ManualClock()) is True
    assert ensure_signing_key(keys, SECRET, ManualClock()) is False
    assert len(keys.all()) == 1


def test_set_up_with_another_secret_stops_instead_of_making_a_second_key() -> None:
    keys = MemorySealedKeys()
    keys.add(stored_key(ManualClock().now()))

    with pytest.raises(WrongSigningKeySecret):
        ensure_signing_key(keys, SecretStr(Fernet.generate_key().decode()), ManualClock())


def test_before_set_up_there_is_nothing_to_sign_with() -> None:
    with pytest.raises(NoSigningKey):
        Keyring(lambda: [], SECRET, ManualClock()).current()


class Stored:
    """One stored key; `away` makes it a MongoDB that isn't there. Counts how often it was asked."""

    def __init__(self) -> None:
        self.away = False
        self.reads = 0

    def all(self) -> list[StoredKey]:
        self.reads += 1
        if self.away:
            raise AutoReconnect("no primary")
        return [stored_key(ManualClock().now())]


def test_keys_that_are_known_stay_known_while_mongodb_is_away_and_it_is_asked_now_and_then() -> None:
    clock, stored = ManualClock(), Stored()
    keys = Keyring(stored.all, SECRET, clock)
    keys.current()
    stored.away = True
    clock.advance(REREAD_SECONDS + 1)

    with capture_logs() as logs:
        for _ in range(3):
            assert keys.current().kid == signing_key().kid
            assert set(keys.public()) == {signing_key().kid}
        assert stored.reads == 2
        clock.advance(RETRY_SECONDS + 1)
        keys.current()
        assert stored.reads == 3
        stored.away = False
        clock.advance(RETRY_SECONDS + 1)
        keys.current()

    assert [line["event"] for line in logs] == ["signing_keys_not_read", "signing_keys_read_again"]


def test_one_request_reads_again_and_no_other_waits_for_it() -> None:
    clock, stored, reading, go_on = ManualClock(), Stored(), Barrier(2), Barrier(2)

    def slow() -> list[StoredKey]:
        if stored.reads == 1:
            reading.wait(5)
            go_on.wait(5)
        return stored.all()

    keys = Keyring(slow, SECRET, clock)
    keys.current()
    clock.advance(REREAD_SECONDS + 1)
    reader = Thread(target=keys.current)
    reader.start()
    reading.wait(5)

    assert keys.current().kid == signing_key().kid

    go_on.wait(5)
    reader.join(5)
    assert stored.reads == 2


def test_without_keys_an_absent_mongodb_is_a_503_and_asked_once_a_second() -> None:
    clock, stored = ManualClock(), Stored()
    stored.away = True
    keys = Keyring(stored.all, SECRET, clock)

    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            keys.current()
    assert stored.reads == 1

    stored.away = False
    clock.advance(1.1)
    assert keys.current().kid == signing_key().kid


def test_a_read_of_the_keys_ends_within_about_a_second() -> None:
    limits: list[float | None] = []

    def read() -> list[StoredKey]:
        limits.append(_csot.get_timeout())
        raise AutoReconnect("frozen")

    with pytest.raises(StoreUnavailable):
        Keyring(read, SECRET, ManualClock()).current()

    assert limits == [1.0]


def test_clients_change_only_with_their_secrets(world: World) -> None:
    changed = {**CLIENT_SECRETS, "demo": "e" * 40}

    assert ensure_clients(world.clients, world.passwords, CLIENT_SECRETS) == []
    assert ensure_clients(world.clients, world.passwords, changed) == ["demo"]


def test_a_clients_secret_is_kept_as_a_hash(world: World) -> None:
    client = world.clients.by_id("demo")

    assert client is not None
    assert CLIENT_SECRETS["demo"] not in client.secret_hash

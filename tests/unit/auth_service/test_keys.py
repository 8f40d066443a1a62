from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from auth_service.keyring import REREAD_SECONDS, Keyring, NoSigningKey
from auth_service.set_up import ensure_clients, ensure_signing_key
from auth_service.signing import WrongSigningKeySecret, new_signing_key, seal, unseal
from tests.manual_clock import ManualClock
from tests.unit.auth_service.memory import MemorySealedKeys
from tests.unit.auth_service.world import CLIENT_SECRETS, SECRET, World, signing_key


def test_a_sealed_key_opens_by_its_secret_only() -> None:
    sealed = seal(signing_key(), SECRET)

    opened = unseal(signing_key().kid, sealed, SECRET)

    assert opened.private.private_numbers() == signing_key().private.private_numbers()
    with pytest.raises(WrongSigningKeySecret):
        unseal(signing_key().kid, sealed, SecretStr(Fernet.generate_key().decode()))


def test_the_first_key_is_made_once() -> None:
    keys = MemorySealedKeys()

    assert ensure_signing_key(keys, SECRET, ManualClock()) is True  # type: ignore[arg-type]
    assert ensure_signing_key(keys, SECRET, ManualClock()) is False  # type: ignore[arg-type]
    assert len(keys.all()) == 1


def test_set_up_with_another_secret_stops_instead_of_making_a_second_key() -> None:
    keys = MemorySealedKeys()
    keys.add(signing_key().kid, seal(signing_key(), SECRET), ManualClock().now())

    with pytest.raises(WrongSigningKeySecret):
        ensure_signing_key(keys, SecretStr(Fernet.generate_key().decode()), ManualClock())  # type: ignore[arg-type]


def test_before_set_up_there_is_nothing_to_sign_with() -> None:
    with pytest.raises(NoSigningKey):
        Keyring(lambda: [], SECRET, ManualClock()).current()


def test_a_new_key_signs_after_a_while_and_the_old_one_still_verifies() -> None:
    clock, stored = ManualClock(), MemorySealedKeys()
    stored.add(signing_key().kid, seal(signing_key(), SECRET), clock.now())
    keys = Keyring(stored.all, SECRET, clock)
    assert keys.current().kid == signing_key().kid

    clock.advance(REREAD_SECONDS + 1)
    newer = new_signing_key()
    stored.add(newer.kid, seal(newer, SECRET), clock.now())

    assert keys.current().kid == newer.kid
    assert set(keys.public()) == {newer.kid, signing_key().kid}


def test_clients_change_only_with_their_secrets(world: World) -> None:
    changed = {**CLIENT_SECRETS, "demo": "e" * 40}

    assert ensure_clients(world.clients, world.passwords, CLIENT_SECRETS) == []
    assert ensure_clients(world.clients, world.passwords, changed) == ["demo"]


def test_a_clients_secret_is_kept_as_a_hash(world: World) -> None:
    client = world.clients.by_id("demo")

    assert client is not None
    assert CLIENT_SECRETS["demo"] not in client.secret_hash

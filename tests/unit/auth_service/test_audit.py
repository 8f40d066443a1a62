"""The audit log: what is told of each act, and that no edit of a chain goes unnoticed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_service.domain import (
    NOBODY,
    OPERATOR,
    Act,
    Head,
    InvalidCredentials,
    Whence,
    entry_of,
    first_break,
    strangers_chain,
)
from auth_service.use_cases import GrantRole, Trails
from auth_service.use_cases.refresh import Attempt, InvalidGrant
from tests.unit.auth_service.world import HOME, PASSWORD, World

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
ACTS = st.builds(
    Act,
    user_id=st.just("u"),
    kind=st.sampled_from(["session.started", "session.ended", "role.granted"]),
    at=st.integers(0, 10**9).map(lambda ms: START + timedelta(milliseconds=ms)),
    by=st.sampled_from(["u", "v", OPERATOR]),
    whence=st.builds(Whence, st.text(), st.text()),
    details=st.dictionaries(st.text(), st.text(), max_size=3),
)
Kept = dict[str, Any]


def chain_of(acts: list[Act]) -> list[Kept]:
    """The entries as a store keeps them."""
    kept, head = [], Head()
    for act in acts:
        entry = entry_of(act, head, f"salt-{head.seq}")
        kept.append(dict(vars(entry)))
        head = Head(entry.seq, entry.hash)
    return kept


def head_of(chain: list[Kept]) -> Head:
    return Head(chain[-1]["seq"], chain[-1]["hash"]) if chain else Head()


@pytest.fixture
def person(world: World) -> World:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    return world


def user_id(world: World) -> str:
    user = world.users.by_username("demo-001")
    assert user is not None
    return user.id


def told(world: World) -> list[tuple[str, str]]:
    """What stands in demo-001's chain, without the sign-up: (kind, by)."""
    return [(entry.kind, entry.by) for entry in world.trail.chains[user_id(world)][1:]]


@given(st.lists(ACTS, max_size=6))
def test_a_chain_as_it_was_written_is_whole(acts: list[Act]) -> None:
    chain = chain_of(acts)

    assert first_break("u", chain, head_of(chain)) is None


@given(st.lists(ACTS, min_size=1, max_size=6), st.data())
def test_an_edit_of_any_member_of_any_entry_is_found_at_that_entry(acts: list[Act], data: st.DataObject) -> None:
    chain = chain_of(acts)
    at = data.draw(st.integers(0, len(chain) - 1))
    member = data.draw(st.sampled_from(sorted(chain[at])))
    edited = data.draw(st.one_of(st.text(), st.integers(), st.none()).filter(lambda value: value != chain[at][member]))
    head = head_of(chain)
    expected = chain[at]["hash"]
    chain[at][member] = edited

    found = first_break("u", chain, head)

    assert found is not None
    assert found.seq == at + 1
    if member in ("hash", "previous"):
        assert found.expected == expected


@given(st.lists(ACTS, min_size=2, max_size=6), st.data())
def test_an_entry_that_was_removed_is_found_where_it_stood(acts: list[Act], data: st.DataObject) -> None:
    chain = chain_of(acts)
    head, at = head_of(chain), data.draw(st.integers(0, len(chain) - 1))
    del chain[at]

    found = first_break("u", chain, head)

    assert found is not None
    assert found.seq == at + 1


@given(st.lists(ACTS, min_size=1, max_size=6), ACTS, st.data())
def test_an_entry_rewritten_with_a_hash_that_fits_is_found_by_what_follows(
    acts: list[Act], other: Act, data: st.DataObject
) -> None:
    chain = chain_of(acts)
    head, at = head_of(chain), data.draw(st.integers(0, len(chain) - 1))
    forged = entry_of(other, head_of(chain[:at]), "another salt")
    chain[at] = dict(vars(forged))

    found = first_break("u", chain, head)

    assert found is not None
    assert found.seq == min(at + 2, len(chain))


@pytest.mark.parametrize(
    ("edit", "seq"),
    [
        (lambda chain: chain.append(dict(chain[-1])), 4),
        (lambda chain: chain.reverse(), 1),
        (lambda chain: chain[1].update(remark="all was well"), 2),
        (lambda chain: chain[1].pop("by"), 2),
        (lambda chain: chain.clear(), 1),
    ],
    ids=["doubled", "reversed", "member added", "member removed", "emptied"],
)
def test_other_edits_are_found_too(edit: Callable[[list[Kept]], None], seq: int) -> None:
    chain = chain_of([Act("u", "session.started", START, "u")] * 3)
    head = head_of(chain)
    edit(chain)

    found = first_break("u", chain, head)

    assert found is not None
    assert found.seq == seq


def test_a_chain_without_its_head_is_broken_and_one_that_grew_meanwhile_is_not() -> None:
    chain = chain_of([Act("u", "session.started", START, "u")] * 3)

    assert first_break("u", chain, None) is not None
    assert first_break("u", chain, head_of(chain[:2])) is None
    assert first_break("u", [], None) is None


def test_the_chain_has_neither_address_nor_device_but_a_hash_that_needs_the_salt(person: World) -> None:
    [entry] = person.trail.chains[user_id(person)]

    assert HOME.address not in repr(entry)
    assert HOME.device not in repr(entry)
    assert entry.whence_hash == HOME.hash("salt-0")
    assert entry.whence_hash != HOME.hash("")


def test_the_same_values_in_other_places_have_another_hash() -> None:
    assert Whence("a", "b").hash("s") != Whence("ab", "").hash("s") != Whence("", "ab").hash("s")


def test_a_sign_up_and_each_way_in_and_out_are_told(person: World) -> None:
    me = user_id(person)
    first = person.auth.log_in.by_form("demo-001", PASSWORD)
    person.auth.log_in.by_api("demo-001", PASSWORD)
    person.auth.log_out.all_but(me, first.session.id)
    person.auth.log_out(first.session.id)

    registered, started, by_api, others, ended = person.trail.chains[me]
    assert (registered.kind, registered.details) == ("user.registered", {"roles": "user"})
    assert (started.kind, started.details) == ("session.started", {"session": first.session.id, "door": "browser"})
    assert by_api.details["door"] == "api"
    assert (others.kind, others.details) == ("sessions.ended", {"kept": first.session.id})
    assert (ended.kind, ended.details) == ("session.ended", {"session": first.session.id})
    assert {entry.by for entry in person.trail.chains[me]} == {me}


def test_what_changed_nothing_is_told_to_nobody(person: World) -> None:
    done = person.auth.log_in.by_form("demo-001", PASSWORD)
    person.auth.log_out(done.session.id)
    before = told(person)

    person.auth.log_out(done.session.id)
    person.auth.log_out.all_but(user_id(person), "none")
    person.auth.log_out.one_of("somebody-else", done.session.id)

    assert told(person) == before


def test_a_failed_log_in_stands_in_the_owners_chain_and_names_nobody(person: World) -> None:
    with pytest.raises(InvalidCredentials):
        person.auth.log_in.by_api("demo-001", "wrong")

    assert told(person) == [("log_in.failed", NOBODY)]


def test_an_attempt_under_a_name_that_nobody_has_costs_an_entry_too_and_keeps_no_name(person: World) -> None:
    with pytest.raises(InvalidCredentials):
        person.auth.log_in.by_api("my-pass-word", "wrong")

    [entry] = person.trail.chains[strangers_chain("my-pass-word")]
    assert entry.kind == "log_in.failed"
    assert "my-pass-word" not in repr(entry)


def test_a_refresh_token_that_comes_back_is_told_once(person: World) -> None:
    grant = person.auth.log_in.by_api("demo-001", PASSWORD)
    person.auth.refresh(Attempt(grant.refresh_token, HOME.address))
    person.clock.advance(60)

    for _ in range(2):
        with pytest.raises(InvalidGrant):
            person.auth.refresh(Attempt(grant.refresh_token, "198.51.100.7"))

    assert told(person)[1:] == [("refresh_token.reused", NOBODY)]


def test_a_role_that_an_operator_grants_is_told_once_with_who_did_it(person: World) -> None:
    trails = Trails(person.trail, lambda: Whence(device="grant_role"), by=OPERATOR)
    grant = GrantRole(person.users, person.clock, lambda: "00000000-0000-7000-8000-999999999999", trails)

    grant("demo-001", "analyst")
    grant("demo-001", "analyst")

    assert told(person) == [("role.granted", OPERATOR)]
    assert person.trail.chains[user_id(person)][-1].details == {"role": "analyst"}


def test_entries_are_read_the_newest_first_and_by_pages(person: World) -> None:
    for _ in range(3):
        person.auth.log_in.by_api("demo-001", PASSWORD)

    newest = person.trail.of(user_id(person), 2)
    older = person.trail.of(user_id(person), 2, newest[-1].entry.seq)

    assert [each.entry.seq for each in (*newest, *older)] == [4, 3, 2, 1]
    assert newest[0].whence == HOME

"""Who is called what: the latest state wins, in whatever order it arrives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from contracts.codec import codec_for
from notification_service.use_cases.keep_people import KeepPeople
from tests.unit.notification_service.events import ANN, an_id, message
from tests.unit.notification_service.memory import MemoryPeople


def changed(second: int, username: str = "ann", roles=("user",)) -> dict:
    event = {
        "event_id": an_id(second),
        "type": "user.changed" if second else "user.registered",
        "occurred_at": f"2026-01-02T03:04:{second:02}.000Z",
        "user_id": ANN,
        "username": username,
        "email": "ann@example.com",
        "roles": list(roles),
        "origin": "user",
    }
    return codec_for("users").decode(codec_for("users").encode(event))


STATES = [changed(0), changed(1, roles=("user", "admin")), changed(2, username="ann.b", roles=("user", "admin"))]


@given(deliveries=st.lists(st.sampled_from(STATES), max_size=8), last=st.permutations(STATES))
def test_the_latest_state_wins_however_they_arrive(deliveries, last):
    people = MemoryPeople()
    keep = KeepPeople(people).handle
    for event in deliveries:
        keep([message(event)])
    keep([message(event) for event in last])
    assert people.names([ANN, an_id(99)]) == {ANN: "ann.b"}
    assert people.with_role("admin") == [ANN]


def test_an_address_is_not_kept():
    people = MemoryPeople()
    KeepPeople(people).handle([message(changed(0))])
    assert "example.com" not in repr(people.people)


def test_who_has_closed_their_account_keeps_a_name_and_nothing_else():
    people = MemoryPeople()
    closed = {**changed(3), "type": "user.closed", "roles": []}
    del closed["email"]
    KeepPeople(people).handle([message(changed(1, roles=("user", "admin"))), message(closed)])
    assert people.names([ANN]) == {ANN: "ann"}
    assert people.with_role("admin") == []
    assert people.emptied == [ANN]

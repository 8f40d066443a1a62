from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from auth_service.domain import (
    BROWSER_SESSION,
    Act,
    EmailTaken,
    MailLink,
    MailOrder,
    NewPassword,
    Opened,
    Session,
    User,
)
from auth_service.ports import OutgoingEvent, Told
from tests.integration.auth_service.conftest import Stores

NOW = datetime.now(UTC).replace(microsecond=123000)
LATER = NOW + timedelta(hours=1)


def person(stores: Stores, name: str = "a", address: str = "Demo@example.com") -> User:
    user = User(f"{stores.mark}-{name}", f"{stores.mark}{name}", address, ("user",), "user", NOW, "hash-1")
    act = Act(user.id, "user.registered", NOW, user.id)
    stores.users.add(user, event(stores, f"{name}-1", user.id), act, order(stores, name, user))
    return user


def order(stores: Stores, name: str, user: User) -> MailOrder:
    return MailOrder(f"{stores.mark}-{name}", "confirm_email", user.email, user.id, NOW)


def event(stores: Stores, name: str, key: str) -> OutgoingEvent:
    return OutgoingEvent(f"{stores.mark}-{name}", "users", key, {"type": "user.changed"}, None)


def told(stores: Stores, name: str, user: User) -> Callable[[User], Told]:
    return lambda after: Told(Act(user.id, "email.confirmed", NOW, user.id), event(stores, name, user.id))


def link(stores: Stores, name: str, user: User) -> MailLink:
    """Sent and kept."""
    made = MailLink(f"{stores.mark}-{name}", "confirm_email", user.id, user.email, LATER)
    stores.mail.add(replace(order(stores, f"of-{name}", user), tries=0))
    taken = replace(order(stores, f"of-{name}", user), tries=0)
    assert stores.mail.link(taken, made)
    return made


def events(stores: Stores) -> list[str]:
    return [found.id for found in stores.outbox.waiting(10_000) if found.id.startswith(stores.mark)]


def test_a_sign_up_is_kept_with_its_order(stores: Stores) -> None:
    user = person(stores)

    assert stores.mail.take(NOW, LATER).user_id == user.id


def test_a_link_is_found_by_its_hash_and_kind_while_it_is_good(stores: Stores) -> None:
    made = link(stores, "link", person(stores))

    assert stores.credentials.link(made.hash, "confirm_email", NOW) == made
    assert stores.credentials.link(made.hash, "already_registered", NOW) is None
    assert stores.credentials.link(made.hash, "confirm_email", LATER) is None
    assert stores.credentials.link("none", "confirm_email", NOW) is None


def test_confirming_makes_the_address_theirs_and_uses_up_all_links_and_orders(stores: Stores) -> None:
    user = person(stores)
    first, second = link(stores, "first", user), link(stores, "second", user)

    mine = session(stores, "mine", user)

    assert stores.credentials.confirm_email(first, NOW, told(stores, "a-2", user)) == [mine]
    assert stores.sessions.by_id(mine.id).roles == ("user",)

    assert stores.users.by_id(user.id) == replace(user, email_confirmed=True)
    assert stores.users.by_confirmed_email("demo@EXAMPLE.com").id == user.id
    assert stores.credentials.link(second.hash, "confirm_email", NOW) is None
    assert stores.mail.depth_and_oldest() == (0, None)
    assert events(stores) == [f"{stores.mark}-a-1", f"{stores.mark}-a-2"]
    assert [each.entry.kind for each in stores.trail.of(user.id, 10)] == [
        "email.confirmed",
        "session.started",
        "user.registered",
    ]


def test_a_used_link_changes_and_tells_nothing(stores: Stores) -> None:
    user = person(stores)
    made = link(stores, "link", user)
    stores.credentials.confirm_email(made, NOW, told(stores, "a-2", user))

    assert stores.credentials.confirm_email(made, NOW, told(stores, "a-3", user)) is None
    assert events(stores) == [f"{stores.mark}-a-1", f"{stores.mark}-a-2"]


def test_of_many_clicks_at_once_one_counts(stores: Stores) -> None:
    user = person(stores)
    made = link(stores, "link", user)

    with ThreadPoolExecutor(8) as pool:
        done = list(
            pool.map(lambda n: stores.credentials.confirm_email(made, NOW, told(stores, f"b-{n}", user)), range(8))
        )

    assert done.count([]) == 1
    assert done.count(None) == 7
    assert len(events(stores)) == 2


def test_an_address_that_another_has_confirmed_is_refused_and_nothing_is_used_up(stores: Stores) -> None:
    owner, other = person(stores, "a"), person(stores, "b", "demo@example.com")
    stores.credentials.confirm_email(link(stores, "first", owner), NOW, told(stores, "a-2", owner))
    made = link(stores, "second", other)

    with pytest.raises(EmailTaken):
        stores.credentials.confirm_email(made, NOW, told(stores, "b-2", other))

    assert stores.users.by_id(other.id).email_confirmed is False
    assert stores.credentials.link(made.hash, "confirm_email", NOW) == made
    assert f"{stores.mark}-b-2" not in events(stores)


def session(stores: Stores, name: str, user: User) -> Session:
    """An open one, kept."""
    made = Session(
        f"{stores.mark}-{name}",
        user.id,
        user.username,
        user.session_roles,
        "browser",
        NOW,
        NOW,
        NOW + BROWSER_SESSION,
        f"{stores.mark}-{name}-hash",
    )
    assert stores.sessions.add(made, lambda user, been_there: Told(Act(user.id, "session.started", NOW, user.id)))
    return made


def reset_link(stores: Stores, name: str, user: User, address: str) -> MailLink:
    """Sent and kept, ordered for whoever has the address."""
    stores.mail.add(MailOrder(f"{stores.mark}-{name}", "reset_password", address, None, NOW))
    made = MailLink(f"{stores.mark}-{name}", "reset_password", user.id, user.email, LATER)
    assert stores.mail.link(MailOrder(f"{stores.mark}-{name}", "reset_password", address, None, NOW), made)
    return made


def change_told(stores: Stores, name: str, user: User) -> Callable[[User], Told]:
    letter = MailOrder(f"{stores.mark}-{name}", "password_changed", user.email, user.id, NOW)
    return lambda after: Told(Act(user.id, "password.changed", NOW, user.id), event(stores, name, user.id), (letter,))


def confirmed(stores: Stores, user: User) -> User:
    """By a letter's link; returns them as they are then."""
    stores.credentials.confirm_email(link(stores, "confirm", user), NOW, told(stores, "confirmed", user))
    now: User = stores.users.by_id(user.id)
    assert now.email_confirmed
    return now


def test_a_changed_password_ends_the_other_sessions_and_all_that_would_reset_it(stores: Stores) -> None:
    user = confirmed(stores, person(stores))
    kept, other = session(stores, "kept", user), session(stores, "other", user)
    made = reset_link(stores, "reset", user, "DEMO@example.com")
    change = NewPassword(user.id, "hash-2", old_hash="hash-1", kept_session=kept.id)

    ended = stores.credentials.change_password(change, NOW, change_told(stores, "a-2", user))

    assert ended == [other]
    after = stores.users.by_id(user.id)
    assert (after.password_hash, after.notes_from) == ("hash-2", NOW)
    assert [each.id for each in stores.sessions.open_of(user.id, NOW)] == [kept.id]
    assert stores.credentials.link(made.hash, "reset_password", NOW) is None
    assert stores.mail.take(LATER, LATER + timedelta(hours=1)).kind == "password_changed"
    assert stores.mail.take(LATER, LATER + timedelta(hours=1)) is None
    assert f"{stores.mark}-a-2" in events(stores)
    assert stores.trail.of(user.id, 1)[0].entry.kind == "password.changed"


def test_who_has_not_confirmed_an_address_takes_no_order_back_that_names_it_alone(stores: Stores) -> None:
    owner = confirmed(stores, person(stores))
    other = person(stores, "b", owner.email)
    stores.mail.add(MailOrder(f"{stores.mark}-waiting", "reset_password", owner.email, None, NOW))

    change = NewPassword(other.id, "hash-2", old_hash="hash-1")
    assert stores.credentials.change_password(change, NOW, change_told(stores, "b-2", other)) == []
    stores.email_changes.put(
        replace(other, password_hash="hash-2"), None, Told(Act(other.id, "email_change.withdrawn", NOW, other.id))
    )

    kinds = [order.kind for _ in range(9) if (order := stores.mail.take(LATER, LATER + timedelta(hours=1)))]
    assert sorted(kinds) == ["password_changed", "reset_password"]


def test_a_password_that_is_not_the_old_one_any_more_changes_nothing(stores: Stores) -> None:
    user = person(stores)
    session(stores, "open", user)

    late = NewPassword(user.id, "hash-3", old_hash="hash-0")
    assert stores.credentials.change_password(late, NOW, change_told(stores, "a-2", user)) is None

    assert stores.users.by_id(user.id).password_hash == "hash-1"
    assert len(stores.sessions.open_of(user.id, NOW)) == 1
    assert events(stores) == [f"{stores.mark}-a-1"]


def test_a_link_resets_nothing_once_the_address_is_another(stores: Stores) -> None:
    user = person(stores)
    confirm = link(stores, "link", user)
    early = NewPassword(user.id, "hash-2", link=reset_link(stores, "early", user, user.email))
    assert (
        stores.credentials.change_password(early, NOW, change_told(stores, "a-2", user)) is None
    )  # it is nobody's yet
    stores.credentials.confirm_email(confirm, NOW, told(stores, "a-3", user))

    made = replace(reset_link(stores, "reset", user, user.email), address="before@example.com")
    late = NewPassword(user.id, "hash-2", link=made)
    assert stores.credentials.change_password(late, NOW, change_told(stores, "a-4", user)) is None

    assert stores.users.by_id(user.id).password_hash == "hash-1"


def test_what_is_told_is_the_user_as_they_are_in_that_moment(stores: Stores) -> None:
    user, seen = person(stores), []

    def telling(name: str) -> Callable[[User], Told]:
        def of(after: User) -> Told:
            seen.append(after)
            return change_told(stores, name, user)(after)

        return of

    stores.credentials.confirm_email(link(stores, "first", user), NOW, telling("a-2"))
    assert seen[-1] == replace(user, email_confirmed=True)
    stores.credentials.change_password(NewPassword(user.id, "hash-2", old_hash="hash-1"), NOW, telling("a-3"))
    after = replace(user, email_confirmed=True, password_hash="hash-2", notes_from=NOW)
    assert seen[-1] == stores.users.by_id(user.id) == after


def test_the_kept_session_goes_on_by_its_new_cookie_and_id_only(stores: Stores) -> None:
    user = person(stores)
    kept, new_id, new_hash = session(stores, "kept", user), f"{stores.mark}-new", f"{stores.mark}-new-hash"
    change = NewPassword(user.id, "hash-2", "hash-1", None, kept.id, new_id, new_hash)

    assert stores.credentials.change_password(change, NOW, change_told(stores, "a-2", user)) == [kept]

    assert stores.sessions.by_id(kept.id).ended_at == NOW
    assert stores.sessions.by_cookie_hash(new_hash) == replace(kept, id=new_id, cookie_hash=new_hash)
    assert [each.id for each in stores.sessions.open_of(user.id, NOW)] == [new_id]


def test_a_session_that_has_ended_does_not_go_on(stores: Stores) -> None:
    user = person(stores)
    kept, new_id, new_hash = session(stores, "kept", user), f"{stores.mark}-new", f"{stores.mark}-new-hash"
    stores.sessions.end(kept.id, Act(user.id, "session.ended", NOW, user.id))
    change = NewPassword(user.id, "hash-2", "hash-1", None, kept.id, new_id, new_hash)

    assert stores.credentials.change_password(change, NOW, change_told(stores, "a-2", user)) == []

    assert stores.sessions.by_id(new_id) is None


def test_of_many_resets_by_one_link_one_counts(stores: Stores) -> None:
    user = person(stores)
    stores.credentials.confirm_email(link(stores, "link", user), NOW, told(stores, "a-2", user))
    made = reset_link(stores, "reset", user, user.email)

    def reset(number: int) -> list[Session] | None:
        change = NewPassword(user.id, f"new-{number}", link=made)
        return stores.credentials.change_password(change, NOW, change_told(stores, f"b-{number}", user))  # type: ignore[no-any-return]

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(reset, range(8)))

    assert [ended for ended in done if ended is not None] == [[]]
    after = stores.users.by_id(user.id)
    assert (after.password_hash, after.notes_from) == (f"new-{done.index([])}", NOW)


def test_no_session_is_opened_by_a_password_that_has_just_been_changed(stores: Stores) -> None:
    user = person(stores)
    made = session(stores, "made", user)
    change = NewPassword(user.id, "hash-2", old_hash="hash-1")
    stores.credentials.change_password(change, NOW, change_told(stores, "a-2", user))
    late, act = replace(made, id=f"{stores.mark}-late", cookie_hash=None), Act(user.id, "session.started", NOW, user.id)

    assert stores.sessions.add(late, lambda user, been_there: Told(act), "hash-1") is None
    assert stores.sessions.by_id(late.id) is None
    assert stores.sessions.add(late, lambda user, been_there: Told(act), "hash-2") == Opened(late)
    assert stores.sessions.by_id(late.id) == late

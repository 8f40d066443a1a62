from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from auth_service.domain import (
    Act,
    EmailChange,
    EmailTaken,
    MailLink,
    MailOrder,
    NewPassword,
    User,
    UserChanged,
)
from auth_service.ports import Told
from tests.integration.auth_service.conftest import Stores
from tests.integration.auth_service.test_credentials import (
    LATER,
    NOW,
    change_told,
    confirmed,
    event,
    events,
    person,
    reset_link,
    session,
)


def wish(stores: Stores, user: User, address: str = "new@example.org", *, approved: bool = False) -> EmailChange:
    """Asked for and kept."""
    change = EmailChange(f"{stores.mark}-{address}", address, LATER, approved)
    asked = Told(Act(user.id, "email_change.asked", NOW, user.id))
    stores.email_changes.put(user, change, asked)
    return change


def link(stores: Stores, user: User, change: EmailChange, *, new: bool) -> MailLink:
    """Sent and kept."""
    kind, address = ("confirm_new_email", change.address) if new else ("approve_new_email", user.email)
    name = f"{stores.mark}-{kind}-{change.address}"
    order = MailOrder(name, kind, address, user.id, NOW, about=change.id)  # type: ignore[arg-type]
    stores.mail.add(order)
    made = MailLink(name, kind, user.id, address, LATER, change.id)  # type: ignore[arg-type]
    assert stores.mail.link(order, made)
    return made


def tell(stores: Stores, name: str) -> object:
    def told(before: User, after: User) -> Told:
        if before.email == after.email:
            return Told(Act(before.id, "email_change.agreed", NOW, before.id))
        return Told(Act(before.id, "email.changed", NOW, before.id), event(stores, name, before.id))

    return told


def test_the_second_yes_changes_the_address_and_uses_everything_up(stores: Stores) -> None:
    user = person(stores)
    mine = session(stores, "mine", user)
    change = wish(stores, user)
    new, old = link(stores, user, change, new=True), link(stores, user, change, new=False)
    assert stores.credentials.link(new.hash, "confirm_new_email", NOW) == new

    first, none = stores.email_changes.agree(old, NOW, tell(stores, "b"))
    assert (first.email_change, none) == (replace(change, approved=True), [])
    assert stores.users.by_id(user.id) == first
    second, no_newcomers = stores.email_changes.agree(new, NOW, tell(stores, "c"))

    assert (second.email, second.email_confirmed, second.email_change) == ("new@example.org", True, None)
    assert stores.users.by_confirmed_email("NEW@example.org") == second
    assert no_newcomers == [mine]
    assert stores.mail.depth_and_oldest() == (0, None)
    assert events(stores) == [f"{stores.mark}-a-1", f"{stores.mark}-c"]
    assert stores.trail.of(user.id, 1)[0].entry.kind == "email.changed"


def test_a_used_link_and_one_of_another_wish_change_nothing(stores: Stores) -> None:
    user = person(stores)
    change = wish(stores, user)
    new = link(stores, user, change, new=True)
    stores.email_changes.agree(new, NOW, tell(stores, "b"))
    assert stores.email_changes.agree(new, NOW, tell(stores, "c")) is None

    other = link(stores, user, change, new=False)
    wish(stores, user, "third@example.org")
    assert stores.email_changes.agree(other, NOW, tell(stores, "d")) is None
    assert stores.users.by_id(user.id).email == user.email


def test_a_wish_ends_by_itself_and_by_hand(stores: Stores) -> None:
    user = person(stores)
    new = link(stores, user, wish(stores, user, approved=True), new=True)
    assert stores.email_changes.agree(new, LATER + timedelta(seconds=1), tell(stores, "b")) is None

    stores.email_changes.put(user, None, Told(Act(user.id, "email_change.withdrawn", NOW, user.id)))
    assert stores.users.by_id(user.id).email_change is None
    assert stores.credentials.link(new.hash, "confirm_new_email", NOW) is None


def test_an_address_that_is_anothers_by_now_is_refused_and_nothing_is_used_up(stores: Stores) -> None:
    user, other = person(stores, "a"), person(stores, "b", "new@example.org")
    new = link(stores, user, wish(stores, user, approved=True), new=True)
    theirs = wish(stores, other, "New@example.org", approved=True)
    stores.email_changes.agree(link(stores, other, theirs, new=True), NOW, tell(stores, "b"))

    with pytest.raises(EmailTaken):
        stores.email_changes.agree(new, NOW, tell(stores, "c"))

    assert stores.users.by_id(user.id).email == user.email
    assert stores.credentials.link(new.hash, "confirm_new_email", NOW) == new


def test_confirming_the_present_address_ends_a_wish_from_before(stores: Stores) -> None:
    user = person(stores)
    change = wish(stores, user, approved=True)
    new = link(stores, user, change, new=True)
    stores.mail.add(
        MailOrder(f"{stores.mark}-again", "confirm_new_email", change.address, user.id, NOW, about=change.id)
    )

    after = confirmed(stores, user)

    assert after == replace(user, email_confirmed=True)
    assert stores.credentials.link(new.hash, "confirm_new_email", NOW) is None
    assert stores.email_changes.agree(new, NOW, tell(stores, "b")) is None
    assert stores.mail.depth_and_oldest() == (0, None)


@pytest.mark.parametrize("by_link", [True, False])
def test_a_new_password_ends_a_wish_from_before(stores: Stores, by_link: bool) -> None:
    user = confirmed(stores, person(stores))
    change = wish(stores, user)
    links = [link(stores, user, change, new=new) for new in (True, False)]
    stores.email_changes.agree(links[1], NOW, tell(stores, "b"))
    reset = reset_link(stores, "reset", user, user.email)
    new = NewPassword(user.id, "hash-2", link=reset) if by_link else NewPassword(user.id, "hash-2", "hash-1")

    assert stores.credentials.change_password(new, NOW, change_told(stores, "c", user)) == []

    assert stores.users.by_id(user.id).email_change is None
    assert stores.email_changes.agree(links[0], NOW, tell(stores, "d")) is None
    assert stores.credentials.link(links[0].hash, "confirm_new_email", NOW) is None


def confirmed_meanwhile(stores: Stores, user: User) -> None:
    confirmed(stores, user)


def given_a_password_meanwhile(stores: Stores, user: User) -> None:
    change = NewPassword(user.id, "hash-2", old_hash="hash-1")
    stores.credentials.change_password(change, NOW, change_told(stores, "m", user))


def closed_meanwhile(stores: Stores, user: User) -> None:
    act = Act(user.id, "user.closed", NOW, user.id)
    stores.users.close(user, user.closed(NOW), event(stores, "m", user.id), act)


@pytest.mark.parametrize("meanwhile", [confirmed_meanwhile, given_a_password_meanwhile, closed_meanwhile])
def test_a_wish_of_the_user_as_they_were_is_refused(stores: Stores, meanwhile: Callable[[Stores, User], None]) -> None:
    user = person(stores)
    meanwhile(stores, user)
    before = stores.users.by_id(user.id)

    with pytest.raises(UserChanged):
        wish(stores, user, approved=True)

    assert stores.users.by_id(user.id) == before
    assert stores.trail.of(user.id, 1)[0].entry.kind != "email_change.asked"


def test_two_yes_at_once_change_the_address_once(stores: Stores) -> None:
    user = person(stores)
    change = wish(stores, user)
    links = [link(stores, user, change, new=new) for new in (True, False)] * 4

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda n: stores.email_changes.agree(links[n], NOW, tell(stores, f"n-{n}")), range(8)))

    assert sum(each is not None for each in done) == 2
    assert stores.users.by_id(user.id).email == "new@example.org"
    assert len(events(stores)) == 2

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from auth_service.domain import MailLink, MailOrder
from tests.integration.auth_service.conftest import Stores

NOW = datetime.now(UTC).replace(microsecond=123000)
LATER = NOW + timedelta(minutes=1)


def order(stores: Stores, name: str = "a", **changes: object) -> MailOrder:
    fields = {"address": "demo@example.com", "user_id": f"{stores.mark}-user", "ordered_at": NOW, **changes}
    return MailOrder(f"{stores.mark}-{name}", **{"kind": "confirm_email", **fields})  # type: ignore[arg-type]


def link(stores: Stores, name: str = "a") -> MailLink:
    return MailLink(f"{stores.mark}-{name}", "confirm_email", f"{stores.mark}-user", "demo@example.com", LATER)


def test_an_order_is_taken_by_one_and_due_again_when_its_lease_ends(stores: Stores) -> None:
    stores.mail.add(order(stores))

    taken = stores.mail.take(NOW, LATER)

    assert taken == order(stores, tries=1)
    assert stores.mail.take(NOW, LATER) is None
    assert stores.mail.take(LATER, LATER + timedelta(minutes=1)) == order(stores, tries=2)


def test_the_order_that_was_due_first_is_taken_first(stores: Stores) -> None:
    stores.mail.add(order(stores, "late", ordered_at=NOW))
    stores.mail.add(order(stores, "early", ordered_at=NOW - timedelta(seconds=1)))

    assert stores.mail.take(NOW, LATER).id == f"{stores.mark}-early"


def test_notices_are_taken_before_wishes(stores: Stores) -> None:
    stores.mail.add(order(stores, "wish", ordered_at=NOW - timedelta(seconds=1)))
    stores.mail.add(order(stores, "notice", kind="password_changed"))

    taken = [stores.mail.take(NOW, LATER).id for _ in range(2)]

    assert taken == [f"{stores.mark}-notice", f"{stores.mark}-wish"]


def test_an_order_is_put_off_by_who_holds_it_only(stores: Stores) -> None:
    stores.mail.add(order(stores))
    first = stores.mail.take(NOW, NOW)
    second = stores.mail.take(NOW, LATER)

    stores.mail.put_off(first, NOW)
    assert stores.mail.take(NOW, LATER) is None
    stores.mail.put_off(second, NOW)
    assert stores.mail.take(NOW, LATER) is not None


def test_a_link_is_kept_for_who_holds_the_order_only(stores: Stores) -> None:
    stores.mail.add(order(stores))
    first = stores.mail.take(NOW, NOW)
    second = stores.mail.take(NOW, LATER)

    assert stores.mail.link(first, link(stores, "a")) is False
    assert stores.mail.link(second, link(stores, "b")) is True
    stores.mail.remove(second)
    assert stores.mail.link(second, link(stores, "c")) is False


def test_what_was_sent_is_counted_by_address_and_kind(stores: Stores) -> None:
    address = f"{stores.mark}@example.com"
    stores.mail.add(order(stores, address=address))
    taken = stores.mail.take(NOW, LATER)

    stores.mail.sent(taken, "already_registered", NOW)

    before = NOW - timedelta(seconds=1)
    assert stores.mail.sent_since(address.upper(), "already_registered", before) == 1
    assert stores.mail.sent_since(address, "already_registered", NOW) == 0
    assert stores.mail.sent_since(address, "confirm_email", before) == 0
    assert stores.mail.sent_since("other@example.com", "already_registered", before) == 0
    assert stores.mail.depth_and_oldest() == (0, None)


def test_what_waits_is_counted_with_the_age_of_the_oldest(stores: Stores) -> None:
    stores.mail.add(order(stores, "a"))
    stores.mail.add(order(stores, "b", ordered_at=LATER))

    assert stores.mail.depth_and_oldest() == (2, NOW)

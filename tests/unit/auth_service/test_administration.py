"""What administrators may do to accounts, and what nobody may: by the API and on the page."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from auth_service.activity import TEXTS
from auth_service.domain import AccountLocked, ActKind, InvalidCredentials, LastAdmin, User, UserChanged
from contracts.codec import codec_for
from service_kit.errors import TokenRevoked
from tests.unit.auth_service.test_pages import BROWSER, send
from tests.unit.auth_service.world import PASSWORD, World


class Staffed(World):
    """A world with an administrator, somebody of the support, and demo-001."""

    def __init__(self) -> None:
        super().__init__()
        for name, roles in (("boss", ("user", "admin")), ("helper", ("user", "support")), ("demo-001", ("user",))):
            self.auth.sign_up.register(name, f"{name}@example.com", PASSWORD, roles)

    def person(self, name: str = "demo-001") -> User:
        found = self.users.by_username(name)
        assert found is not None
        return found

    def headers(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.auth.log_in.by_api(name, PASSWORD).access_token}"}

    def told(self, name: str = "demo-001") -> list[tuple[str, str]]:
        return [(entry.kind, entry.by) for entry in self.trail.chains[self.person(name).id]]

    def events(self) -> list[str]:
        return [event.data["type"] for event in self.outbox.waiting(100)]


@pytest.fixture
def staffed() -> Staffed:
    return Staffed()


@pytest.fixture
def client(staffed: Staffed) -> FlaskClient:
    return staffed.app().test_client()


@pytest.fixture
def boss(staffed: Staffed) -> dict[str, str]:
    return staffed.headers("boss")


def url(staffed: Staffed, tail: str = "", name: str = "demo-001") -> str:
    return f"/v1/admin/users/{staffed.person(name).id}{tail}"


def test_a_lock_ends_every_session_at_once_and_is_told_with_who_did_it(
    staffed: Staffed, client: FlaskClient, boss: dict[str, str]
) -> None:
    token = staffed.auth.log_in.by_api("demo-001", PASSWORD).access_token
    browser = staffed.auth.log_in.by_form("demo-001", PASSWORD)

    answer = client.post(url(staffed, "/lock"), json={"reason": "Reported as stolen"}, headers=boss)

    assert (answer.status_code, answer.json["state"], answer.json["lock"]["reason"]) == (
        200,
        "locked",
        "Reported as stolen",
    )
    with pytest.raises(TokenRevoked):
        staffed.auth.introspect.token(token)
    assert staffed.auth.introspect.session(browser.cookie) is None
    assert len(staffed.cache.announced[-1]) == 2
    assert staffed.told()[-1] == ("user.locked", staffed.person("boss").id)
    assert staffed.events()[-1] == "user.locked"
    codec_for("users").encode(staffed.outbox.waiting(100)[-1].data)


def test_only_the_right_password_is_told_that_the_account_is_locked(staffed: Staffed) -> None:
    staffed.auth.administer.lock(staffed.person("boss").id, staffed.person().id, "Reported as stolen")

    with pytest.raises(AccountLocked):
        staffed.auth.log_in.by_api("demo-001", PASSWORD)
    with pytest.raises(InvalidCredentials):
        staffed.auth.log_in.by_api("demo-001", "wrong password")


def test_who_is_unlocked_logs_in_again(staffed: Staffed, client: FlaskClient, boss: dict[str, str]) -> None:
    client.post(url(staffed, "/lock"), json={"reason": "Reported as stolen"}, headers=boss)

    assert client.post(url(staffed, "/unlock"), headers=boss).json["state"] == "active"

    staffed.auth.log_in.by_api("demo-001", PASSWORD)
    assert [kind for kind, _ in staffed.told()[-3:]] == ["user.locked", "user.unlocked", "session.started"]


def test_doing_it_again_changes_nothing_and_tells_nobody(
    staffed: Staffed, client: FlaskClient, boss: dict[str, str]
) -> None:
    for _ in range(2):
        client.post(url(staffed, "/lock"), json={"reason": "Reported as stolen"}, headers=boss)
        client.put(url(staffed, "/roles/analyst"), headers=boss)
    client.delete(url(staffed, "/roles/support"), headers=boss)

    assert [kind for kind, _ in staffed.told()] == ["user.registered", "user.locked", "role.granted"]
    assert staffed.count_of("auth_account_changes_total", change="locked") == 1
    assert staffed.count_of("auth_account_changes_total", change="role_granted") == 1


def test_a_role_that_is_taken_reaches_living_tokens_at_once(
    staffed: Staffed, client: FlaskClient, boss: dict[str, str]
) -> None:
    helper = staffed.headers("helper")
    assert client.get("/v1/admin/users", headers=helper).status_code == 200

    answer = client.delete(url(staffed, "/roles/support", "helper"), headers=boss)

    assert answer.json["roles"] == ["user"]
    assert client.get("/v1/admin/users", headers=helper).json["code"] == "token_revoked"
    assert client.get("/v1/admin/users", headers=staffed.headers("helper")).json["code"] == "scope_missing"
    assert staffed.told("helper")[-2:][0] == ("role.taken", staffed.person("boss").id)


def test_a_role_that_is_given_counts_from_the_next_log_in_on(
    staffed: Staffed, client: FlaskClient, boss: dict[str, str]
) -> None:
    before = staffed.headers("demo-001")

    assert client.put(url(staffed, "/roles/support"), headers=boss).json["roles"] == ["user", "support"]

    assert client.get("/v1/admin/users", headers=before).status_code == 403
    assert client.get("/v1/admin/users", headers=staffed.headers("demo-001")).status_code == 200


def test_nobody_locks_themselves_or_takes_their_own_admin(
    staffed: Staffed, client: FlaskClient, boss: dict[str, str]
) -> None:
    answers = [
        client.post(url(staffed, "/lock", "boss"), json={"reason": "for a try"}, headers=boss),
        client.delete(url(staffed, "/roles/admin", "boss"), headers=boss),
    ]

    assert [answer.json["code"] for answer in answers] == ["own_account"] * 2
    assert staffed.person("boss").roles == ("user", "admin")


def test_the_last_administrator_is_neither_locked_nor_made_less_of_one(staffed: Staffed) -> None:
    boss = staffed.person("boss").id
    by = "an-administrator-who-has-just-lost-the-role"

    with pytest.raises(LastAdmin):
        staffed.auth.administer.take_role(by, boss, "admin")
    with pytest.raises(LastAdmin):
        staffed.auth.administer.lock(by, boss, "for a try")

    staffed.auth.administer.give_role(boss, staffed.person().id, "admin")
    staffed.auth.administer.take_role(by, boss, "admin")
    assert staffed.person("boss").roles == ("user",)


def test_of_two_changes_at_once_the_second_is_refused(staffed: Staffed) -> None:
    before = staffed.person()
    staffed.auth.administer.give_role("a", before.id, "analyst")
    event = staffed.outbox.waiting(100)[-1]
    act = staffed.trails.act(before.id, "role.granted", before.created_at)

    with pytest.raises(UserChanged):
        staffed.users.change(before, replace(before, roles=("user", "support")), event, act)


@pytest.mark.parametrize("name", ["demo-001", "helper"])
def test_who_may_not_manage_changes_nothing(staffed: Staffed, client: FlaskClient, name: str) -> None:
    headers = staffed.headers(name)
    answers = [
        client.post(url(staffed, "/lock"), json={"reason": "for a try"}, headers=headers),
        client.post(url(staffed, "/unlock"), headers=headers),
        client.delete(url(staffed, "/sessions"), headers=headers),
        client.put(url(staffed, "/roles/admin"), headers=headers),
        client.delete(url(staffed, "/roles/admin"), headers=headers),
    ]

    assert {answer.json["code"] for answer in answers} == {"scope_missing"}


@pytest.mark.parametrize("path", ["", "/x", "/x/activity"])
def test_people_do_not_read_of_other_people(staffed: Staffed, client: FlaskClient, path: str) -> None:
    path = path.replace("/x", f"/{staffed.person('boss').id}")

    assert client.get(f"/v1/admin/users{path}", headers=staffed.headers("demo-001")).json["code"] == "scope_missing"
    assert client.get(f"/v1/admin/users{path}").json["code"] == "token_missing"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["boss", "demo-001", "helper"]),
        ("demo", ["demo-001"]),
        ("HELPER@example.com", ["helper"]),
        ("example.com", []),
        (".*", []),
    ],
)
def test_people_are_found_by_name_address_and_id(
    staffed: Staffed, client: FlaskClient, boss: dict[str, str], query: str, names: list[str]
) -> None:
    found = client.get("/v1/admin/users", query_string={"q": query}, headers=boss).json

    assert [user["username"] for user in found["users"]] == names
    by_id = client.get("/v1/admin/users", query_string={"q": staffed.person().id}, headers=boss).json
    assert [user["username"] for user in by_id["users"]] == ["demo-001"]


def test_people_come_by_pages(client: FlaskClient, boss: dict[str, str]) -> None:
    first = client.get("/v1/admin/users?limit=2", headers=boss).json
    second = client.get(f"/v1/admin/users?limit=2&cursor={first['next_cursor']}", headers=boss).json

    assert [user["username"] for user in first["users"] + second["users"]] == ["boss", "demo-001", "helper"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "cursor=$gt", "nonsense=1", "limit=1&limit=2"])
def test_a_bad_query_is_refused(client: FlaskClient, boss: dict[str, str], query: str) -> None:
    assert client.get(f"/v1/admin/users?{query}", headers=boss).json["code"] == "invalid_request"
    assert client.get(f"/v1/me/activity?{query}", headers=boss).json["code"] == "invalid_request"


@pytest.mark.parametrize("body", [{}, {"reason": "  "}, {"reason": 5}, {"reason": {"$ne": ""}}, {"reason": "x" * 201}])
def test_a_lock_needs_a_reason(staffed: Staffed, client: FlaskClient, boss: dict[str, str], body: object) -> None:
    assert client.post(url(staffed, "/lock"), json=body, headers=boss).json["code"] == "invalid_request"


def test_unknown_people_and_roles_are_not_found(staffed: Staffed, client: FlaskClient, boss: dict[str, str]) -> None:
    assert client.get("/v1/admin/users/nobody", headers=boss).json["code"] == "user_not_found"
    assert client.put(url(staffed, "/roles/user"), headers=boss).json["code"] == "role_not_found"


def test_a_person_reads_their_own_activity_and_hears_of_an_administrator_without_a_name(
    staffed: Staffed, client: FlaskClient, boss: dict[str, str]
) -> None:
    client.delete(url(staffed, "/sessions"), headers=boss)
    client.put(url(staffed, "/roles/analyst"), headers=boss)
    headers = staffed.headers("demo-001")

    first = client.get("/v1/me/activity?limit=2", headers=headers).json
    second = client.get(f"/v1/me/activity?limit=2&cursor={first['next_cursor']}", headers=headers).json

    told = [(act["kind"], act["by"]) for act in first["activity"] + second["activity"]]
    assert told == [("session.started", "self"), ("role.granted", "administrator"), ("user.registered", "self")]
    assert first["activity"][0]["device"] == "Firefox 130 on Linux"
    by_admin = client.get(url(staffed, "/activity"), headers=boss).json["activity"][1]
    assert by_admin["by"] == staffed.person("boss").id


def test_every_kind_of_act_has_its_text() -> None:
    assert set(ActKind.__args__) == set(TEXTS)  # type: ignore[attr-defined]


def sign_in(client: FlaskClient, name: str) -> None:
    send(client, "/login_form", username=name, password=PASSWORD)


def test_the_page_is_for_staff(client: FlaskClient) -> None:
    assert "/login_form" in client.get("/admin", headers=BROWSER).location
    sign_in(client, "demo-001")

    assert client.get("/admin", headers=BROWSER).status_code == 403
    assert "/admin" not in client.get("/protected_web", headers=BROWSER).text


def test_an_administrator_finds_and_locks_somebody_on_the_page(staffed: Staffed, client: FlaskClient) -> None:
    sign_in(client, "boss")
    person = f"/admin/users/{staffed.person().id}"
    assert person in client.get("/admin?q=demo", headers=BROWSER).text

    send(client, person, act="lock", reason="Reported as stolen")

    page = client.get(person, headers=BROWSER).text
    assert "Reported as stolen" in page
    assert "Account locked" in page
    assert staffed.person().state == "locked"


def test_support_looks_and_changes_nothing_on_the_page(staffed: Staffed, client: FlaskClient) -> None:
    sign_in(client, "helper")
    person = f"/admin/users/{staffed.person().id}"
    page = client.get(person, headers=BROWSER).text
    assert "Lock the account" not in page

    answer = send(client, person, on="/signup_form", act="give_role", role="admin")

    assert answer.status_code == 403
    assert staffed.person().roles == ("user",)


@pytest.mark.parametrize("fields", [{"act": "lock", "reason": " "}, {"act": "give_role"}, {"act": "nonsense"}])
def test_a_form_that_lacks_something_changes_nothing(
    staffed: Staffed, client: FlaskClient, fields: dict[str, str]
) -> None:
    sign_in(client, "boss")

    answer = send(client, f"/admin/users/{staffed.person().id}", **fields)

    assert answer.status_code == 400
    assert (staffed.person().state, staffed.person().roles) == ("active", ("user",))


def test_the_profile_shows_the_latest_acts_and_the_way_to_all(staffed: Staffed, client: FlaskClient) -> None:
    for _ in range(4):
        with pytest.raises(InvalidCredentials):
            staffed.auth.log_in.by_api("demo-001", "wrong password")
    sign_in(client, "demo-001")

    page = client.get("/protected_web", headers=BROWSER).text
    everything = client.get("/protected_web/activity", headers=BROWSER).text

    assert "Firefox 130 on Linux" in page
    assert len(re.findall("Failed attempt", page)) == 4
    assert len(re.findall("Failed attempt", everything)) == 4
    assert ("Account created" in page, "Account created" in everything) == (False, True)

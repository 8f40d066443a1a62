"""The live stream's door, its room, and the hints that wake it."""

from __future__ import annotations

import gc
from contextlib import contextmanager

import orjson
import pytest
from pymongo.errors import AutoReconnect
from redis.exceptions import ConnectionError as RedisAway
from structlog.testing import capture_logs

from contracts.session import COOKIE_NAME
from notification_service.hints import CHANNEL, HintListener, RedisHints
from notification_service.hub import Hub, HubFull, PersonFull
from tests.unit.notification_service.events import ANN, BOB, an_id, posted
from tests.unit.notification_service.world import SETTINGS, World

PAGE = SETTINGS.notification_public_url


@pytest.fixture
def listener(world):
    return world.live().test_client()


def connect(listener, who="bob", query="", **headers):
    return listener.get(f"/v1/stream{query}", headers={"Authorization": f"Bearer {who}"} | headers)


def next_event(answer):
    for chunk in answer.response:
        if chunk.startswith(b"id:"):
            id, _, data = chunk.decode().partition("\n\n")[0].split("\n")
            return id.removeprefix("id: "), orjson.loads(data.removeprefix("data: "))
    raise AssertionError("the stream ended")


def test_a_stream_brings_the_same_as_the_list(world, listener):
    world.known(ANN, "ann")
    world.told(posted(7))
    answer = connect(listener)
    assert answer.mimetype == "text/event-stream"
    id, told = next_event(answer)
    assert id == str(world.store.newest_stamp(BOB))
    assert (
        told
        == world.web()
        .test_client()
        .get("/v1/notifications", headers={"Authorization": "Bearer bob"})
        .json["notifications"][0]
    )
    answer.close()


def test_what_the_browser_says_when_it_comes_back_goes_before_what_its_page_said(world, listener):
    world.told(*(posted(position) for position in range(1, 60)))
    last = str(world.store.stored[f"{an_id(50)}.{BOB}.inbox"].stamp)
    answer = connect(listener, query="?after=0", **{"Last-Event-ID": last})
    _, told = next_event(answer)
    assert told["position"] > 20
    answer.close()


@pytest.mark.parametrize("after", ["x", "-1", "", "9" * 25, str(2**64)])
def test_an_id_that_no_stream_has_sent_is_refused(listener, after):
    assert connect(listener, query=f"?after={after}").status_code == 400


def test_the_inbox_page_may_listen_with_its_cookie_and_no_other_page(world, listener):
    listener.set_cookie(COOKIE_NAME, "bob")
    answer = listener.get("/v1/stream", headers={"Origin": PAGE})
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    answer.close()
    other = listener.get("/v1/stream", headers={"Origin": "http://evil.example"})
    assert (other.status_code, other.json["code"]) == (403, "origin_not_allowed")
    assert "Access-Control-Allow-Origin" not in other.headers


@pytest.mark.parametrize(("who", "code"), [("nobody", "token_invalid"), ("ann!pipeline", "scope_missing")])
def test_a_token_has_to_be_good_and_to_allow_it(listener, who, code):
    assert connect(listener, who).json["code"] == code


def test_without_session_or_token_there_is_no_stream(listener):
    assert listener.get("/v1/stream").json["code"] == "token_missing"


def test_beyond_the_room_streams_are_refused_and_counted(world, listener):
    answers = [connect(listener, who) for who in ("bob", "bob", "bob", "ann", "ann")]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 200, 503]
    assert {answers[index].headers["Retry-After"] for index in (2, 4)} == {"5"}
    assert world.metric("notification_live_refused_total", reason="person") == 1
    assert world.metric("notification_live_refused_total", reason="process") == 1
    assert world.metric("notification_live_streams") == 3
    for answer in answers:
        answer.close()
    assert world.metric("notification_live_streams") == 0


def test_who_was_refused_and_why_is_logged(listener):
    with capture_logs() as logged:
        answers = [connect(listener, who) for who in ("bob", "bob", "bob", "ann", "ann")]
    refused = [(line["reason"], line["user_id"]) for line in logged if line["event"] == "stream_refused"]
    assert refused == [("person", BOB), ("process", ANN)]
    for answer in answers:
        answer.close()


def test_asking_why_takes_no_place(world, listener):
    answers = [connect(listener), connect(listener)]
    asked = {"headers": {"Authorization": "Bearer bob"}}
    assert listener.head("/v1/stream", **asked).status_code == 429
    answers.pop().close()
    assert listener.head("/v1/stream", **asked).status_code == 200
    assert world.metric("notification_live_streams") == 1
    answers.pop().close()


def test_what_is_written_on_a_stream_is_counted_and_timed(world, listener):
    assert world.metric("notification_commit_to_stream_seconds_count") == 0
    answer = connect(listener, query="?after=0")
    stream = iter(answer.response)
    next(stream)
    world.told(posted(7))
    chunk = next(stream)
    assert chunk.startswith(b"id:")
    world.hub.stop()
    list(stream)
    assert world.metric("notification_live_sent_total") == 1
    assert world.metric("notification_commit_to_stream_seconds_count") == 1
    answer.close()


def test_a_stream_that_was_dropped_before_it_began_gives_its_place_back(world, listener):
    answer = connect(listener)
    assert world.metric("notification_live_streams") == 1
    del answer
    gc.collect()
    assert world.metric("notification_live_streams") == 0


def test_a_store_that_is_away_is_a_503_and_holds_no_place(world, listener):
    world.store.away = AutoReconnect("away")
    assert connect(listener).status_code == 503
    assert world.metric("notification_live_streams") == 0


def test_when_the_process_stops_every_stream_ends(world, listener):
    answer = connect(listener)
    world.hub.stop()
    assert b"id:" not in b"".join(answer.response)
    assert connect(listener).status_code == 503


def test_a_session_that_ends_ends_the_stream(world, listener):
    answer = connect(listener)
    stream = iter(answer.response)
    next(stream)
    world.doors.ended.add("bob")
    world.clock.advance(10)
    assert b"session_ended" in b"".join(stream)


def test_a_hint_wakes_the_streams_of_those_it_names():
    hub = World().hub
    anns, bobs = hub.enter(ANN), hub.enter(BOB)
    hub.hint([BOB, "somebody else"])
    assert (anns.wait(0), bobs.wait(0)) == (False, True)
    hub.hint(None)
    assert (anns.wait(0), bobs.wait(0)) == (True, True)
    hub.leave(bobs)
    hub.leave(bobs)
    hub.hint([BOB])
    assert bobs.wait(0) is False


def test_room_is_given_back():
    world = World(most=2, most_per_person=1)
    hub: Hub = world.hub
    place = hub.enter(ANN)
    with pytest.raises(PersonFull):
        hub.enter(ANN)
    hub.enter(BOB)
    with pytest.raises(HubFull):
        hub.enter("c")
    hub.leave(place)
    hub.enter("c")


class Channel:
    """Messages that come, and then the connection breaks."""

    def __init__(self, *messages: bytes | None) -> None:
        self._messages = list(messages)

    def next(self, timeout):
        if not self._messages:
            raise RedisAway("gone")
        return self._messages.pop(0)


def test_hints_are_handed_on_and_what_was_missed_before_is_made_good_for():
    heard = []

    @contextmanager
    def subscribe():
        yield Channel(
            b'{"users": ["a"]}', None, b"nonsense", b"[]", b'{"users": 1}', b'{"users": [{}]}', b'{"users": ["b"]}'
        )

    with pytest.raises(RedisAway):
        HintListener(subscribe, heard.append).follow()
    assert heard == [None, ["a"], ["b"]]


class Redis:
    def __init__(self) -> None:
        self.said: list[tuple[str, bytes]] = []
        self.away = False

    def publish(self, channel, message):
        if self.away:
            raise RedisAway("away")
        self.said.append((channel, message))


def test_a_redis_that_is_away_costs_the_hint_and_nothing_else():
    redis = Redis()
    hints = RedisHints(redis)
    redis.away = True
    hints.tell({"a"})
    redis.away = False
    hints.tell({"b", "a"})
    assert redis.said == [(CHANNEL, b'{"users":["a","b"]}')]

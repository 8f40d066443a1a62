"""Commands and answers survive the wire, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.transaction_service.ledgers import granting, opening, paying
from transaction_service.domain import Answer, Outcome
from transaction_service.protocol import (
    MalformedCommandError,
    decode_command,
    decode_reply,
    decode_request,
    encode_answer,
    encode_command,
    encode_request,
    pack,
    unpack,
)


@pytest.mark.parametrize("command", [opening(1, "ann"), granting(2, "ann"), paying(3, "ann", "bob", 4, note="ü")])
def test_a_command_survives_the_wire(command):
    request_id, ttl_ms, payload = decode_request(encode_request(7, 5_000, encode_command(command)))
    assert (request_id, ttl_ms, decode_command(payload)) == (7, 5_000, command)


def test_an_answer_survives_the_wire():
    request_id, reply = decode_reply(encode_answer(7, Answer(Outcome.POSTED, {"id": "t-1"}, replayed=True)))
    assert (request_id, reply.status, reply.replayed, reply.body) == (7, "posted", True, b'{"id":"t-1"}')
    assert reply.transfer_id == "t-1"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b"[]",
        b"[1, 2, 3]",
        b'["drop_table", {}]',
        b'["post_transfer", {"surprise": 1}]',
        b'["open_account", 5]',
    ],
)
def test_anything_else_is_no_command(payload):
    with pytest.raises(MalformedCommandError):
        decode_command(payload)


@pytest.mark.parametrize("amount", [0, -1, 1.5, True, "1"])
def test_an_amount_that_is_no_positive_integer_never_reaches_the_ledger(amount):
    with pytest.raises(MalformedCommandError):
        decode_command(encode_command(paying(1, "ann", "bob", amount)))


def test_a_message_that_is_too_short_is_refused():
    with pytest.raises(MalformedCommandError):
        decode_request(b"short")


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_a_message_gives_back_its_parts(parts):
    assert unpack(pack(parts)) == parts


@pytest.mark.parametrize("message", [b"x", b"\x00\x00\x00\x05abc", pack([b"abc"])[:-1]])
def test_a_message_that_is_cut_off_is_refused(message):
    with pytest.raises(MalformedCommandError):
        unpack(message)

"""Pushes and replies read as the wire says they do."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.errors import Unavailable
from chat.protocol import codes, pushes
from chat.protocol.cursor import Position
from chat.protocol.entries import BODIES, Entry, MessageBody
from chat.protocol.pushes import error_reply, goodbye

WHO = {"user": "ada", "name": "Ada", "time": "2024-05-01T12:00:00.000Z"}


@given(st.text(), st.text(), st.text())
def test_a_stored_message_becomes_a_push_with_its_place_in_front(
    text: str, html: str, name: str
) -> None:
    body = MessageBody(user="ada", name=name, time="t", key="k", text=text, html=html)
    entry = Entry("dev", Position("e1", 7), "message", body.encode())
    assert entry.decode() == body
    assert json.loads(entry.encode()) == {
        "type": "message",
        "room": "dev",
        "epoch": "e1",
        "offset": 7,
        "user": "ada",
        "name": name,
        "time": "t",
        "key": "k",
        "text": text,
        "html": html,
    }


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_every_kind_of_entry_reads_back(kind: str) -> None:
    fields = {
        "message": {"key": "k", "text": "t", "html": "h"},
        "edited": {"target": 1, "text": "t", "html": "h"},
        "deleted": {"target": 1},
        "reaction": {"target": 1, "emoji": "+", "on": True},
        "audit": {"action": "kick"},
    }.get(kind, {})
    body = BODIES[kind](**WHO, **fields)
    entry = Entry("dev", Position("e1", 2), kind, body.encode())
    assert entry.decode() == body
    assert json.loads(entry.encode()) == {
        "type": kind, "room": "dev", "epoch": "e1", "offset": 2, **WHO, **fields
    }  # fmt: skip


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_no_body_has_a_field_of_the_name_of_its_place_in_the_log(kind: str) -> None:
    assert not {"type", "epoch", "offset"} & set(BODIES[kind].__struct_fields__)


def test_a_push_has_its_type() -> None:
    push = goodbye(codes.SHUTDOWN, retry_ms=5)
    assert push.type == "goodbye"
    assert json.loads(push.encode()) == {
        "type": "goodbye",
        "code": 4000,
        "reason": codes.SHUTDOWN.reason,
        "retry_ms": 5,
    }


def test_a_reply_leaves_out_what_it_has_not() -> None:
    assert json.loads(pushes.Ok().encode()) == {"type": "ok"}
    assert json.loads(pushes.Ok(id=0, room="r").encode()) == {"type": "ok", "id": 0, "room": "r"}


def test_an_error_says_what_a_client_may_do() -> None:
    error = Unavailable("unavailable", "Later.", retry_ms=5)
    assert json.loads(error_reply(error, id="x").encode()) == {
        "type": "error",
        "id": "x",
        "code": "unavailable",
        "message": "Later.",
        "retry_ms": 5,
    }


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_a_stored_body_is_read_whatever_a_newer_version_adds_to_it(kind: str) -> None:
    body = msgspec.convert(
        {
            **WHO,
            "key": "k",
            "text": "t",
            "html": "h",
            "target": 1,
            "emoji": "+",
            "on": True,
            "action": "kick",
        },  # fmt: skip
        BODIES[kind],
    )
    newer = msgspec.json.encode({**msgspec.to_builtins(body), "colour": "red"})
    assert Entry("dev", Position("e1", 7), kind, newer).decode() == body


def test_a_body_of_a_kind_that_only_a_newer_version_knows_is_none_but_a_push_all_the_same() -> None:
    pinned = Entry("dev", Position("e1", 7), "pinned", b'{"target":1}')
    assert pinned.decode() is None
    assert json.loads(pinned.encode()) == {
        "type": "pinned", "room": "dev", "epoch": "e1", "offset": 7, "target": 1,
    }  # fmt: skip

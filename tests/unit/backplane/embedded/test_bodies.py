"""What is stored of a body becomes the same body again, and takes few bytes of the disk."""

from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.backplane.embedded.bodies import pack, pack_encoded, unpack
from chat.protocol.entries import BODIES, Body, FileInfo, MessageBody
from chat.rooms.markup import render

TEXT: Final = "the quick brown fox jumps over the lazy dog (or the fence): it's 5% faster, too"
TIME: Final = "2031-02-03T04:05:06.078Z"
# What stores hold. Never change one of these: add others if the form gets more.
STORED: Final = {
    b"\x98\xcf\x00\x00\x01\xc0\xddI!\x9e\xa7guest-1\xa7guest-1\xa7guest-l\xa1k\xa2hi\xc0\x80": (
        b'{"key":"k","text":"hi","html":"<p>hi</p>","user":"guest-1","name":"guest-1",'
        b'"skeleton":"guest-l","time":"2031-02-03T04:05:06.078Z"}'
    ),
    b"\x98\xaa2031-02-03\xa1u\xa3Ada\xc0\xa1k\xa3*h*\xb1<p><em>h</em></p>"
    b"\x83\xa8mentions\x91\xa1v\xa8reply_to\x07\xaareply_user\xa1v": (
        b'{"key":"k","text":"*h*","html":"<p><em>h</em></p>","mentions":["v"],"reply_to":7,'
        b'"reply_user":"v","user":"u","name":"Ada","time":"2031-02-03"}'
    ),
}

# Any characters but surrogates, which no JSON that is read can have.
words = st.text() | st.sampled_from(["", "\0", '"\\\n', "<p>", "{", "\U0001f469\u200d\U0001f680"])
times = (
    st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds") + "Z")
    | st.datetimes().map(lambda moment: moment.isoformat() + "Z")
    | st.sampled_from(["", TIME, TIME.lower(), TIME.replace("078", "٠٧٨"), TIME[:-1] + "+01:00"])
    | words
)
files = st.builds(
    FileInfo, id=words, name=words, type=words, bytes=st.integers(0, 1 << 40),
    width=st.none() | st.integers(0, 9999), height=st.none() | st.integers(0, 9999),
)  # fmt: skip


def a_message(text: str, html: str | None, **fields: object) -> MessageBody:
    html = f"<p>{text}</p>" if html is None else html
    return MessageBody(text=text, html=html, **fields)  # type: ignore[arg-type]


messages = st.builds(
    a_message, text=words, html=st.none() | words, user=words, name=words, key=words, time=times,
    skeleton=st.just(msgspec.UNSET) | words, mentions=st.lists(words, max_size=3),
    reply_to=st.none() | st.integers(0, 1 << 53), reply_user=st.none() | words,
    files=st.lists(files, max_size=2), edited=st.none() | times, deleted=st.booleans(),
)  # fmt: skip
others = st.one_of([st.from_type(kind) for kind in BODIES.values() if kind is not MessageBody])


def message(text: str, **fields: object) -> MessageBody:
    return a_message(text, render(text), user="guest-1", name="guest-1", key="k", **fields)


@given(messages | others)
def test_every_body_is_the_same_after_it_was_stored(body: Body) -> None:
    encoded = body.encode()
    assert unpack(pack(body)) == encoded
    assert pack_encoded(body.kind, encoded) == pack(body)


@pytest.mark.parametrize("stored", STORED)
def test_what_was_stored_once_is_read_for_ever_as_it_was(stored: bytes) -> None:
    assert unpack(stored) == STORED[stored]
    assert pack_encoded("message", STORED[stored]) == stored


@given(messages)
def test_json_that_earlier_versions_have_stored_is_read_as_it_is(body: MessageBody) -> None:
    assert unpack(body.encode()) == body.encode()


@pytest.mark.parametrize(
    ("kind", "encoded"),
    [
        ("pinned", b'{"user":"u","name":"U","time":"t","colour":"red"}'),
        ("message", message("hi", time=TIME).encode()[:-1] + b',"colour":"red"}'),
        ("message", message("hi", time=TIME).encode().replace(b":", b": ", 1)),
        ("message", message("hi", time=TIME, reply_to=1 << 70).encode()),
        ("message", b'{"time":"000001"}'),
        ("message", b"{"),
        ("pinned", b"[]"),
    ],
)
def test_what_this_version_does_not_know_stays_byte_for_byte(kind: str, encoded: bytes) -> None:
    assert pack_encoded(kind, encoded) == encoded == unpack(encoded)


def test_a_number_that_can_not_be_packed_is_no_reason_to_refuse_a_message() -> None:
    body = message("hi", time=TIME, reply_to=1 << 70)
    assert pack(body) == body.encode()


def test_a_field_that_only_a_newer_version_knows_is_read_from_a_packed_message() -> None:
    stored = pack(message("hi", time=TIME, reply_to=3))
    *most, rest = msgspec.msgpack.decode(stored)
    newer = msgspec.msgpack.encode([*most, rest | {"colour": "red"}])
    assert b'"reply_to":3,"colour":"red","user"' in unpack(newer)


def test_a_usual_message_takes_half_and_little_more_than_its_text() -> None:
    body = message(TEXT, time=TIME)
    assert len(pack(body)) < len(body.encode()) / 2
    assert len(pack(body)) - len(TEXT) <= len("guest-1" * 2 + "k") + 18


@given(messages)
def test_a_text_can_be_found_in_what_is_stored(body: MessageBody) -> None:
    """So a search through the files shows whether a deleted one is gone."""
    assert body.text.encode() in pack(body)

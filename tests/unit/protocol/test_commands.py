"""Bytes are a command, or the reason why not; nothing else comes out."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.protocol import commands
from chat.protocol.codes import Code
from chat.protocol.commands import MAX_BATCH, BadCommand, decode_command, split_batch
from chat.protocol.cursor import MAX_OFFSET

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=10,
)
_FIELDS = (
    "type", "id", "room", "text", "key", "offset", "emoji", "on", "title", "topic", "access",
    "users", "user", "role", "until", "reason", "is_locked", "slow_mode_s", "keep_days", "reply_to",
)  # fmt: skip


def refusal(data: bytes | str) -> BadCommand:
    with pytest.raises(BadCommand) as caught:
        decode_command(data)
    return caught.value


@given(st.binary() | st.text())
def test_anything_at_all_is_a_command_or_is_refused(data: bytes | str) -> None:
    try:
        decode_command(data)
    except BadCommand as error:
        assert error.code in (Code.BAD_JSON, Code.BAD_COMMAND, Code.UNKNOWN_TYPE)


@given(
    st.fixed_dictionaries(
        {"type": st.sampled_from(sorted(commands.TYPES)) | _JSON},
        optional={name: _JSON for name in _FIELDS[1:]},
    )
)
def test_any_object_is_a_command_or_is_refused_and_never_as_no_json(fields: object) -> None:
    try:
        decode_command(json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace"))
    except BadCommand as error:
        assert error.code in (Code.BAD_COMMAND, Code.UNKNOWN_TYPE)


def test_every_type_of_the_table_is_decoded_by_its_name() -> None:
    every = {
        "room": "r",
        "text": "t",
        "key": "k",
        "offset": 1,
        "emoji": "\U0001f44d",
        "on": True,
        "id": 1,
        "title": "t",
        "access": "private",
        "users": ["u"],
        "user": "u",
        "role": "member",
    }
    for type_ in commands.TYPES:
        command = decode_command(json.dumps({"type": type_, **every}))
        assert type(command).__name__.lower() == type_
        assert command.id == 1


def test_unknown_fields_are_ignored() -> None:
    assert decode_command('{"type":"ping","new":[1]}') == commands.Ping()


@pytest.mark.parametrize("length,is_good", [(0, False), (1, True), (64, True), (65, False)])
def test_a_key_has_1_to_64_characters(length: int, is_good: bool) -> None:
    data = json.dumps({"type": "send", "room": "r", "text": "t", "key": "k" * length})
    if is_good:
        assert decode_command(data)
    else:
        assert refusal(data).code == Code.BAD_COMMAND


@pytest.mark.parametrize(
    "offset,is_good", [(0, False), (1, True), (MAX_OFFSET, True), (MAX_OFFSET + 1, False)]
)
def test_an_offset_is_from_1_to_the_largest(offset: int, is_good: bool) -> None:
    data = json.dumps({"type": "delete", "room": "r", "offset": offset})
    if is_good:
        assert decode_command(data)
    else:
        assert refusal(data).code == Code.BAD_COMMAND


def test_a_marker_may_stand_before_the_first_entry() -> None:
    assert decode_command('{"type":"read","room":"r","offset":0}')


def test_a_refusal_has_the_id_where_that_much_can_be_read() -> None:
    assert refusal('{"type":"join","id":"x"}').id == "x"
    assert refusal('{"id":7,"type":"dance"}').id == 7
    assert refusal('{"type":"join","id":[]}').id is None


def test_what_is_no_json_behind_a_wrong_field_is_no_json() -> None:
    assert refusal('{"type":"send","room":5, oops').code == Code.BAD_JSON
    deep = '{"type":"send","room":5,"x":' + "[" * 100_000
    assert refusal(deep).code == Code.BAD_JSON


def test_one_command_is_a_batch_of_itself() -> None:
    assert split_batch(b' {"type":"ping"}') == [b' {"type":"ping"}']
    assert split_batch(b"") == [b""]


@given(st.lists(_JSON, min_size=1, max_size=MAX_BATCH))
def test_a_batch_comes_apart_into_what_it_was_made_of(values: list[object]) -> None:
    parts = split_batch(b"\n" + msgspec.json.encode(values))
    assert [msgspec.json.decode(part) for part in parts] == msgspec.json.decode(
        msgspec.json.encode(values)
    )


@pytest.mark.parametrize("count,is_good", [(0, False), (1, True), (100, True), (101, False)])
def test_a_batch_has_1_to_100_commands(count: int, is_good: bool) -> None:
    data = json.dumps([{"type": "ping"}] * count).encode()
    if is_good:
        assert len(split_batch(data)) == count
    else:
        with pytest.raises(BadCommand) as caught:
            split_batch(data)
        assert caught.value.code == Code.BAD_COMMAND


def react(emoji: str) -> object:
    return {"type": "react", "room": "r", "offset": 1, "emoji": emoji, "on": True, "id": 7}


def test_a_reaction_is_one_emoji_in_one_form() -> None:
    for emoji in ("\U0001f44d", "\U0001f44d\ufe0f"):
        command = decode_command(json.dumps(react(emoji)))
        assert isinstance(command, commands.React)
        assert command.emoji == "\U0001f44d"


@pytest.mark.parametrize(
    "text", ["constructor", "__proto__", " ", "\0", "\u202e", "a b c", "+", ""]
)
def test_a_reaction_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadCommand) as caught:
        decode_command(json.dumps(react(text)))
    assert (caught.value.code, caught.value.id) == (Code.BAD_COMMAND, 7)


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "create", "title": "t", "access": "direct"},
        {"type": "create", "access": "public"},
        {"type": "direct", "users": []},
        {"type": "direct", "users": ["u"] * 11},
        {"type": "direct", "users": [""]},
        {"type": "set", "room": "r", "slow_mode_s": -1},
        {"type": "set", "room": "r", "slow_mode_s": 86_401},
        {"type": "set", "room": "r", "title": None},
        {"type": "set", "room": "r", "keep_days": 0},
        {"type": "set", "room": "r", "is_locked": 1},
        {"type": "kick", "room": "r", "user": "u" * 65},
        {"type": "role", "room": "r", "user": "u", "role": "king"},
        {"type": "ban", "room": "r", "user": "u", "until": 5},
        {"type": "send", "room": "r", "text": "t", "key": "k", "reply_to": 0},
    ],
)
def test_fields_of_rooms_and_order_have_their_limits(fields: object) -> None:
    assert refusal(json.dumps(fields)).code == Code.BAD_COMMAND


def test_a_setting_that_is_not_given_stays_and_null_means_as_everywhere() -> None:
    command = decode_command('{"type":"set","room":"r","keep_days":null}')
    assert isinstance(command, commands.Set)
    assert command.keep_days is None
    assert command.keep_messages is msgspec.UNSET

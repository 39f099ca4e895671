import json
from typing import Any

import pytest

from chat.backplane.redis.amendments import OWN, Amendments, Messages, digest, pack, unpack
from chat.errors import InvalidInput, Refused
from chat.protocol.cursor import Position
from chat.protocol.entries import DeletedBody, EditedBody, Entry, ReactionBody
from chat.rooms.amendments import Unchanged


def stored(kind: str, offset: int, **fields: Any) -> bytes:
    body = {"user": "ada", "name": "Ada", "time": f"t{offset}", **fields}
    return pack(kind, json.dumps(body).encode())


def said(offset: int, text: str, **fields: Any) -> bytes:
    return stored("message", offset, key=f"k{offset}", text=text, html=text, **fields)


def edit(target: int, text: str) -> EditedBody:
    return EditedBody(user="ada", name="Ada", time="now", target=target, text=text, html=text)


def deletion(target: int) -> DeletedBody:
    return DeletedBody(user="ada", name="Ada", time="now", target=target)


def reaction(target: int, emoji: str, *, on: bool = True) -> ReactionBody:
    return ReactionBody(user="ada", name="Ada", time="now", target=target, emoji=emoji, on=on)


def text_of(value: bytes) -> str:
    body = unpack("r", Position("e", 1), value).decode()
    return str(getattr(body, "text", None))


@pytest.mark.parametrize("body", [b"{}", b'{"text":"a b\\n c"}'])
def test_an_entry_comes_back_as_it_was_packed(body: bytes) -> None:
    position = Position("e", 7)
    assert unpack("r", position, pack("message", body)) == Entry("r", position, "message", body)


@pytest.mark.parametrize(
    "amendments",
    [Amendments(), Amendments(5), Amendments(OWN), Amendments(0, [("👍", ["ada", "bob"])])],
)
def test_amendments_come_back_as_they_were_encoded(amendments: Amendments) -> None:
    found = Amendments.decode(amendments.encode())
    assert (found.edit, list(found.reactions)) == (amendments.edit, list(amendments.reactions))


def test_nothing_beside_a_message_takes_no_place() -> None:
    assert Amendments().encode() == b""


def test_a_digest_tells_an_entry_from_what_is_beside_it() -> None:
    assert (
        len({digest(b"a", b"b"), digest(b"a", None), digest(None, b"a"), digest(b"b", b"a")}) == 4
    )


def test_an_edit_takes_the_text_out_of_the_message_and_of_the_edit_before() -> None:
    messages = Messages("r")
    messages.put(1, said(1, "second", edited="t2"), Amendments(2).encode())
    messages.put(2, stored("edited", 2, target=1, text="second", html="second"))
    messages.apply(OWN, edit(1, "third"))
    assert {at: text_of(value) for at, value in messages.rewritten.items()} == {1: "third", 2: ""}
    assert messages.amended == {1: b"-1 []"}


def test_an_entry_that_took_the_place_of_the_edit_before_is_left_alone() -> None:
    messages = Messages("r")
    messages.put(1, said(1, "second"), Amendments(2).encode())
    messages.put(2, stored("edited", 2, target=9, text="another's", html="another's"))
    messages.apply(OWN, edit(1, "third"))
    assert set(messages.rewritten) == {1}


def test_a_deletion_leaves_nothing_beside_the_message() -> None:
    messages = Messages("r")
    messages.put(1, said(1, "m"), Amendments(0, [("👍", ["bob"])]).encode())
    messages.apply(OWN, deletion(1))
    assert messages.amended == {1: b""}
    with pytest.raises(Refused):
        messages.apply(OWN, reaction(1, "👍"))


def test_what_changes_nothing_rewrites_nothing() -> None:
    messages = Messages("r")
    messages.put(1, said(1, "m"))
    for change in (edit(1, "m"), reaction(1, "👍", on=False)):
        with pytest.raises(Unchanged):
            messages.apply(OWN, change)
    assert not messages.rewritten and not messages.amended


@pytest.mark.parametrize("value", [None, stored("joined", 1), b"invented {}"])
def test_only_a_message_is_changed(value: bytes | None) -> None:
    messages = Messages("r")
    messages.put(1, value)
    with pytest.raises(InvalidInput):
        messages.apply(OWN, deletion(1))


def test_folding_applies_what_another_version_stored_and_removes_texts_that_mean_nothing() -> None:
    messages = Messages("r")
    entries = {
        1: said(1, "m"),
        2: stored("edited", 2, target=1, text="secret", html="secret"),
        3: stored("reaction", 3, target=1, emoji="❤", on=True),
        4: stored("reaction", 4, target=1, emoji="no emoji", on=True),
        5: stored("edited", 5, target=1, text="new", html="new"),
        6: stored("edited", 6, target=99, text="of nothing", html="of nothing"),
        7: stored("edited", 7, target=8, text="of what is to come", html="of what is to come"),
        8: said(8, "last"),
        9: stored("invented", 9, target=1),
    }
    for offset, value in entries.items():
        messages.put(offset, value)
    assert messages.targets(entries) == [1, 99, 8]
    assert messages.lacking([1, 99, 8]) == [99]
    for offset in entries:
        messages.fold(offset)
    texts = {offset: text_of(value) for offset, value in messages.rewritten.items()}
    assert texts == {1: "new", 2: "", 6: "", 7: ""}
    assert Amendments.decode(messages.amended[1]) == (5, [("❤️", ["ada"])])
    assert messages.edit_of(1) == 5


def test_a_message_that_is_folded_already_learns_which_edit_made_it_what_it_is() -> None:
    messages = Messages("r")
    messages.put(1, said(1, "new", edited="t3"))
    messages.put(2, stored("edited", 2, target=1, text="", html="", superseded=True))
    messages.put(3, stored("edited", 3, target=1, text="new", html="new"))
    messages.fold(2)
    messages.fold(3)
    assert messages.edit_of(1) == 3
    assert not messages.rewritten

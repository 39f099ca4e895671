"""Entries of a log, which are stored as they stand, as messages."""

from chat.protocol.cursor import Position
from chat.protocol.entries import Body, DeletedBody, EditedBody, Entry, JoinedBody, MessageBody
from chat.rooms.folding import fold
from tests.unit.fakes import EPOCH, message

LATER = "2024-05-01T12:30:00.000Z"


def entry(offset: int, body: Body) -> Entry:
    return Entry("general", Position(EPOCH, offset), body.kind, body.encode())


def test_a_message_alone_is_itself() -> None:
    (one,) = fold([message(1, "hi", mentions=["bob"])])
    assert (one.room, one.epoch, one.offset, one.text) == ("general", EPOCH, 1, "hi")
    assert (one.mentions, one.edited, one.deleted, one.reactions) == (["bob"], None, False, {})


def test_messages_are_as_they_are_stored() -> None:
    about = {"user": "ada", "name": "Ada", "time": LATER, "key": "k"}
    edited = MessageBody(**about, text="new", html="<p>new", edited=LATER)
    deleted = MessageBody(**about, text="", html="", deleted=True)
    one, two = fold([entry(1, edited), entry(2, deleted)])
    assert (one.text, one.edited, one.deleted) == ("new", LATER, False)
    assert (two.text, two.edited, two.deleted) == ("", None, True)


def test_each_message_has_its_own_reactions_in_their_order() -> None:
    reactions = {1: [("🎉", ["eve"]), ("👍", ["bob", "ada"])], 7: [("👍", ["eve"])]}
    one, two = fold([message(1), message(2)], reactions)
    assert list(one.reactions.items()) == reactions[1]
    assert two.reactions == {}


def test_what_a_name_looks_like_is_told_of_old_messages_too() -> None:
    body = MessageBody(user="u", name="AIice", time=LATER, key="k", text="t", html="h")
    (one,) = fold([entry(1, body)])
    assert one.skeleton == "allce"


def test_what_is_no_message_is_passed_over_whoever_knows_it() -> None:
    about = {"user": "bob", "name": "Bob", "time": LATER}
    edit = EditedBody(**about, target=1, text="x", html="x")
    others = [
        entry(2, JoinedBody(**about)),
        entry(3, edit),
        entry(4, DeletedBody(**about, target=1)),
        Entry("general", Position(EPOCH, 5), "pinned", b'{"target":1,"user":"ada"}'),
    ]
    assert [m.text for m in fold([message(1, "a"), *others])] == ["a"]

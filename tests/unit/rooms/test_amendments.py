"""What an edit, a deletion or a reaction makes of a message."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.errors import InvalidInput, Refused
from chat.protocol.codes import Code
from chat.protocol.entries import (
    DeletedBody,
    EditedBody,
    FileInfo,
    JoinedBody,
    MessageBody,
    ReactionBody,
)
from chat.rooms.amendments import (
    MAX_EMOJI,
    MAX_EMOJI_OF_A_USER,
    MAX_REACTIONS,
    Amendment,
    Standing,
    Unchanged,
    amended,
    is_amendment,
    superseded,
)

NOW = "2031-05-01T12:30:00.000Z"
BY = {"user": "ada", "name": "Ada", "time": NOW}
SAID = Standing(MessageBody(**BY, key="k", text="a", html="<p>a", mentions=["bob"]))


def edit(text: str, *mentions: str) -> EditedBody:
    return EditedBody(**BY, target=1, text=text, html=f"<p>{text}", mentions=list(mentions))


def deletion() -> DeletedBody:
    return DeletedBody(**BY, target=1)


def reaction(emoji: str, user: str = "ada", *, on: bool = True) -> ReactionBody:
    return ReactionBody(user=user, name=user, time=NOW, target=1, emoji=emoji, on=on)


def after(changes: Sequence[Amendment], message: Standing = SAID) -> Standing:
    for change in changes:
        message = amended(message, change)
    return message


def with_reactions(count: int, *, of: int = 1) -> Standing:
    """Return a message with ``count`` reactions, in ``of`` emoji, by as many people."""
    kinds = [(f"e{kind}", [f"u{n}" for n in range(kind, count, of)]) for kind in range(of)]
    return SAID._replace(reactions=kinds)


def test_the_last_edit_stands_with_whom_it_mentions() -> None:
    body = after([edit("b", "eve"), edit("c", "ian")]).body
    assert (body.text, body.html, body.mentions, body.edited) == ("c", "<p>c", ["ian"], NOW)
    assert (body.key, body.user) == ("k", "ada")


def test_an_edit_leaves_reactions_alone() -> None:
    assert after([reaction("👍"), edit("b")]).reactions == [("👍", ["ada"])]


def test_a_deleted_message_keeps_its_author_and_nothing_that_was_said_or_shown() -> None:
    message = after([reaction("👍"), edit("b", "eve"), deletion()])
    body = message.body
    assert (body.text, body.html, body.mentions, body.edited) == ("", "", [], None)
    assert (body.deleted, body.user, message.reactions) == (True, "ada", ())


def test_an_edit_leaves_the_files_and_a_deletion_takes_them() -> None:
    info = FileInfo(id="0a" * 16, name="a", type="text/plain", bytes=1)
    message = SAID._replace(body=msgspec.structs.replace(SAID.body, files=[info]))
    edited = amended(message, edit("b"))
    assert edited.body.files == [info]
    assert edited.body.has_file(info.id)
    gone = amended(edited, deletion())
    assert gone.body.files == []
    assert not gone.body.has_file(info.id)
    assert superseded(msgspec.structs.replace(edit("b"), files=[info])).files == []


@pytest.mark.parametrize("change", [edit("b"), deletion(), reaction("👍")])
def test_nothing_comes_after_a_deletion(change: Amendment) -> None:
    gone = after([deletion()])
    with pytest.raises(Refused) as caught:
        amended(gone, change)
    assert caught.value.code == Code.FORBIDDEN


@pytest.mark.parametrize(
    ("message", "change"),
    [
        (SAID, edit("a")),
        (after([reaction("👍")]), reaction("👍")),
        (SAID, reaction("👍", on=False)),
        (after([reaction("👍")]), reaction("👍", "bob", on=False)),
    ],
)
def test_what_changes_nothing_is_told(message: Standing, change: Amendment) -> None:
    with pytest.raises(Unchanged):
        amended(message, change)


def test_reactions_stand_in_the_order_in_which_they_came() -> None:
    message = after(
        [
            reaction("👍", "bob"),
            reaction("🎉", "eve"),
            reaction("👍"),
            reaction("🎉", "eve", on=False),
        ]
    )
    assert message.reactions == [("👍", ["bob", "ada"])]


def test_a_message_has_so_many_emoji_and_each_of_them_may_be_given_by_more() -> None:
    almost = with_reactions(MAX_EMOJI - 1, of=MAX_EMOJI - 1)
    full = amended(almost, reaction("one more", "zoe"))
    assert len(full.reactions) == MAX_EMOJI
    with pytest.raises(InvalidInput) as caught:
        amended(full, reaction("too many", "zoe"))
    assert caught.value.code == Code.TOO_LONG
    amended(full, reaction("e0", "zoe"))


def test_one_person_gives_so_many() -> None:
    full = after([reaction(f"e{n}") for n in range(MAX_EMOJI_OF_A_USER)])
    with pytest.raises(InvalidInput):
        amended(full, reaction("one more"))
    amended(full, reaction("one more", "bob"))


def test_all_people_together_give_so_many() -> None:
    full = amended(with_reactions(MAX_REACTIONS - 1), reaction("e0", "the last"))
    with pytest.raises(InvalidInput):
        amended(full, reaction("e0", "one more"))
    less = amended(full, reaction("e0", "u0", on=False))
    assert amended(less, reaction("e0", "one more"))


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.booleans())))
def test_whatever_is_given_and_taken_back_stands_once_by_each_or_not_at_all(
    given_: list[tuple[str, str, bool]],
) -> None:
    message, expected = SAID, dict[tuple[str, str], bool]()
    for emoji, user, on in given_:
        try:
            message = amended(message, reaction(emoji, user, on=on))
        except Unchanged:
            assert expected.get((emoji, user), False) == on
        expected[emoji, user] = on
    found = [(emoji, user) for emoji, users in message.reactions for user in users]
    assert sorted(found) == sorted(pair for pair, on in expected.items() if on)
    assert all(users for _, users in message.reactions)


def test_an_edit_that_is_superseded_says_so_and_nothing_else() -> None:
    body = superseded(edit("b", "eve"))
    assert (body.text, body.html, body.mentions, body.superseded) == ("", "", [], True)
    assert (body.target, body.time) == (1, NOW)


def test_only_what_changes_a_message_is_an_amendment() -> None:
    assert all(map(is_amendment, [edit("b"), deletion(), reaction("👍")]))
    assert not any(map(is_amendment, [None, SAID.body, JoinedBody(**BY)]))

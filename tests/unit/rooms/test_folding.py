"""Folding a log gives the messages as they stand now."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from chat.protocol.cursor import Position
from chat.protocol.pushes import (
    Body,
    DeletedBody,
    EditedBody,
    Entry,
    JoinedBody,
    MessageBody,
    ReactionBody,
)
from chat.rooms.folding import fold
from tests.unit.fakes import EPOCH, message

LATER = "2024-05-01T12:30:00.000Z"


def entry(offset: int, body: Body) -> Entry:
    return Entry("general", Position(EPOCH, offset), body.kind, body.encode())


def edited(offset: int, target: int, text: str, *, mentions: Sequence[str] = ()) -> Entry:
    body = EditedBody(
        user="ada",
        name="Ada",
        time=LATER,
        target=target,
        text=text,
        html=f"<p>{text}",
        mentions=list(mentions),
    )
    return entry(offset, body)


def deleted(offset: int, target: int) -> Entry:
    return entry(offset, DeletedBody(user="ada", name="Ada", time=LATER, target=target))


def reaction(
    offset: int, target: int, user: str, *, on: bool = True, emoji: str = "\U0001f44d"
) -> Entry:
    body = ReactionBody(user=user, name=user, time=LATER, target=target, emoji=emoji, on=on)
    return entry(offset, body)


def test_a_message_alone_is_itself() -> None:
    (one,) = fold([message(1, "hi")])
    assert (one.offset, one.text, one.edited, one.deleted, one.reactions) == (
        1, "hi", None, False, {}
    )  # fmt: skip


def test_the_last_edit_stands() -> None:
    (one,) = fold([message(1, "a"), edited(2, 1, "b"), edited(3, 1, "c")])
    assert (one.text, one.html, one.edited) == ("c", "<p>c", LATER)


def test_the_people_whom_the_last_edit_mentions_are_mentioned() -> None:
    first = message(1, "@bob", mentions=["bob"])
    assert fold([first])[0].mentions == ["bob"]
    assert fold([first, edited(2, 1, "@eve", mentions=["eve"])])[0].mentions == ["eve"]
    assert fold([first, edited(2, 1, "nobody")])[0].mentions == []
    assert fold([first, deleted(2, 1)])[0].mentions == []


def test_a_deleted_message_keeps_its_place_and_nothing_else() -> None:
    entries = [message(1, "a"), message(2, "b"), reaction(3, 1, "bob"), edited(4, 1, "x")]
    one, two = fold([*entries, deleted(5, 1)])
    assert (one.offset, one.text, one.html, one.deleted) == (1, "", "", True)
    assert (one.reactions, one.edited) == ({}, None)
    assert (two.text, two.deleted) == ("b", False)


def test_nothing_comes_after_a_deletion() -> None:
    (one,) = fold([message(1, "a"), deleted(2, 1), edited(3, 1, "b"), reaction(4, 1, "bob")])
    assert (one.text, one.deleted, one.reactions) == ("", True, {})


def test_reactions_are_counted_by_user_in_the_order_they_came() -> None:
    (one,) = fold(
        [
            message(1),
            reaction(2, 1, "bob"),
            reaction(3, 1, "ada"),
            reaction(4, 1, "bob"),
            reaction(5, 1, "eve", emoji="\U0001f389"),
            reaction(6, 1, "eve", emoji="\U0001f389", on=False),
            reaction(7, 1, "eve", on=False),
        ]
    )
    assert one.reactions == {"\U0001f44d": ["bob", "ada"]}


def test_reactions_that_older_versions_took_are_one_emoji_or_left_out() -> None:
    thumb = "\U0001f44d"
    stored = [thumb, f"{thumb}\ufe0f", "constructor", " ", "\u202e"]
    entries = [reaction(2 + n, 1, f"u{n}", emoji=text) for n, text in enumerate(stored)]
    (one,) = fold([message(1), *entries])
    assert one.reactions == {thumb: ["u0", "u1"]}


def test_what_a_name_looks_like_is_told_of_old_messages_too() -> None:
    body = MessageBody(user="u", name="AIice", time=LATER, key="k", text="t", html="h")
    (one,) = fold([entry(1, body)])
    assert one.skeleton == "allce"


def test_what_means_a_message_elsewhere_or_none_is_passed_over() -> None:
    joined = entry(2, JoinedBody(user="bob", name="Bob", time=LATER))
    assert [m.text for m in fold([edited(1, 7, "x"), joined, message(3, "a")])] == ["a"]


_CHANGES = st.lists(
    st.tuples(st.sampled_from(["message", "edited", "deleted", "on", "off"]), st.integers(1, 30)),
    max_size=30,
)


@given(_CHANGES, st.integers(0, 30))
def test_a_page_folded_with_what_means_it_is_the_same_part_of_the_whole(
    changes: list[tuple[str, int]], start: int
) -> None:
    log = []
    for offset, (kind, target) in enumerate(changes, 1):
        match kind:
            case "message":
                log.append(message(offset, f"text {offset}"))
            case "edited":
                log.append(edited(offset, target, f"edit {offset}"))
            case "deleted":
                log.append(deleted(offset, target))
            case _:
                log.append(reaction(offset, target, "bob", on=kind == "on"))
    log = [e for e in log if getattr(e.decode(), "target", 0) < e.position.offset]
    page = [
        e for e in log
        if (e.position.offset > start if e.kind == "message"
            else getattr(e.decode(), "target", 0) > start)
    ]  # fmt: skip
    assert fold(page) == [m for m in fold(log) if m.offset > start]


def test_an_entry_of_a_kind_that_only_a_newer_version_knows_is_passed_over() -> None:
    pinned = Entry("general", Position(EPOCH, 2), "pinned", b'{"target":1,"user":"ada"}')
    (one,) = fold([message(1, "hi"), pinned, edited(3, 1, "ho")])
    assert one.text == "ho"

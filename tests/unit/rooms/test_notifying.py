"""Who is notified of a message, and why."""

import pytest

from chat.protocol.entries import MessageBody
from chat.rooms.notifying import Kind, Level, kind_for, notified


def said(
    *, mentions: tuple[str, ...] = (), reply_user: str | None = None, deleted: bool = False
) -> MessageBody:
    return MessageBody(
        user="ada",
        name="Ada",
        time="2024-05-01T12:00:00.000Z",
        key="k",
        text="hi",
        html="<p>hi</p>",
        mentions=list(mentions),
        reply_user=reply_user,
        deleted=deleted,
    )


@pytest.mark.parametrize(
    ("message", "is_direct", "level", "kind"),
    [
        (said(), False, None, None),
        (said(), False, Level.ALL, Kind.MESSAGE),
        (said(), False, Level.NOTHING, None),
        (said(), True, None, Kind.DIRECT),
        (said(), True, Level.NOTHING, None),
        (said(), True, Level.MENTIONS, None),
        (said(mentions=("bob",)), False, None, Kind.MENTION),
        (said(mentions=("bob",)), True, None, Kind.MENTION),
        (said(mentions=("bob",)), False, Level.NOTHING, None),
        (said(mentions=("eve",)), False, None, None),
        (said(reply_user="bob"), False, None, Kind.REPLY),
        (said(reply_user="bob", mentions=("bob",)), False, None, Kind.MENTION),
        (said(mentions=("bob",), deleted=True), False, Level.ALL, None),
    ],
)
def test_the_level_and_the_message_say_why(
    message: MessageBody, is_direct: bool, level: Level | None, kind: Kind | None
) -> None:
    assert kind_for(message, "bob", is_direct=is_direct, level=level) is kind


def test_nobody_is_notified_of_what_they_say_themselves() -> None:
    message = said(mentions=("ada",), reply_user="ada")
    assert kind_for(message, "ada", is_direct=True, level=Level.ALL) is None


def test_everybody_who_is_notified_is_found_once() -> None:
    levels = {"bob": Level.ALL, "eve": Level.NOTHING, "ada": Level.ALL, "max": Level.MENTIONS}
    message = said(mentions=("bob", "eve", "max"), reply_user="bob")
    found = list(notified(message, levels, members=(), is_direct=False))
    assert found == [("bob", Kind.MENTION), ("max", Kind.MENTION)]
    found = list(notified(said(), levels, members=("ada", "zoe"), is_direct=True))
    assert found == [("bob", Kind.DIRECT), ("zoe", Kind.DIRECT)]

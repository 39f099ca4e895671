"""Who is notified of what; everybody else just reads it."""

import json
from typing import Any

import msgspec
import pytest

from chat.hub.notifications import notification_of, push_of
from chat.hub.reader import Reader
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry, FileInfo, JoinedBody, MessageBody
from chat.protocol.outgoing import Framing
from chat.rooms.access import Access, new_name
from tests.unit.fakes import ADA, BOB, EPOCH, TIME, FakeSink, message

DIRECT, PRIVATE = new_name(Access.DIRECT), new_name(Access.PRIVATE)


def heard(entry: Entry) -> dict[str, Any] | None:
    """Return the notification that Bob gets of ``entry``."""
    found = notification_of(push_of(entry), Reader(FakeSink(), BOB, Framing.POLL))
    return None if found is None else dict(json.loads(found))


def said(room: str = "dev", **fields: Any) -> Entry:
    body = message(7).decode()
    assert isinstance(body, MessageBody)
    body = msgspec.structs.replace(body, **fields)
    return Entry(room, Position(EPOCH, 7), "message", body.encode())


def joined(room: str, user: str, **fields: str) -> Entry:
    body = JoinedBody(user=user, name=user, time=TIME, **fields)
    return Entry(room, Position(EPOCH, 7), "joined", body.encode())


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (said(), None),
        (said(mentions=["bob"]), "mention"),
        (said(mentions=["cy"]), None),
        (said(reply_to=3, reply_user="bob"), "reply"),
        (said(reply_to=3, reply_user="bob", mentions=["bob"]), "mention"),
        (said(reply_to=3, reply_user="cy"), None),
        (said(DIRECT), "direct"),
        (said(PRIVATE), None),
        (said(DIRECT, user="bob"), None),
        (said(user="bob", reply_to=3, reply_user="bob"), None),
        (said(DIRECT, text="", html="", deleted=True), None),
        (joined(PRIVATE, "bob", by="ada", by_name="Ada"), "invite"),
        (joined(PRIVATE, "bob"), None),
        (joined(PRIVATE, "cy", by="ada", by_name="Ada"), None),
        (joined(DIRECT, "bob", by="ada", by_name="Ada"), None),
    ],
)
def test_each_is_notified_of_what_is_for_them(entry: Entry, kind: str | None) -> None:
    notification = heard(entry)
    assert (notification and notification["kind"]) == kind


def test_an_invite_says_by_whom_and_a_message_what_was_said() -> None:
    invite = heard(joined(PRIVATE, "bob", by="ada", by_name="Ada"))
    assert invite is not None
    assert (invite["user"], invite["name"], invite["room"], invite["text"]) == (
        "ada", "Ada", PRIVATE, "",
    )  # fmt: skip
    direct = heard(said(DIRECT, text="hello"))
    assert direct is not None
    assert (direct["user"], direct["name"], direct["text"]) == (ADA.user, ADA.name, "hello")
    sea = FileInfo(id="0a" * 16, name="sea.png", type="image/png", bytes=1, width=1, height=1)
    picture = heard(said(DIRECT, text="", files=[sea]))
    assert picture is not None
    assert picture["text"] == "sea.png"

"""One push, encoded once for each framing."""

import pytest

from chat.protocol.entries import MessageBody
from chat.protocol.outgoing import Framing, Outgoing
from chat.protocol.pushes import Ok, Typing
from tests.unit.fakes import message


@pytest.mark.parametrize("framing", Framing)
def test_it_is_the_same_object_each_time(framing: Framing) -> None:
    push = Outgoing.of_entry(message(1))
    assert push.framed(framing) is push.framed(framing)


def test_an_entry_has_its_place_as_id_only_where_its_room_is_alone() -> None:
    push = Outgoing.of_entry(message(3))
    assert push.framed(Framing.SSE_WITH_ID).startswith(b"id: general:e1:3\nevent: message\n")
    assert push.framed(Framing.SSE).startswith(b"event: message\n")


def test_what_is_in_no_log_has_no_id() -> None:
    push = Outgoing.of_push(Typing(room="r", user="u", name="n"))
    assert push.position is None
    assert push.framed(Framing.SSE_WITH_ID) == push.framed(Framing.SSE)


def test_only_what_mentions_somebody_is_decoded() -> None:
    assert Outgoing.of_entry(message(1, 'hello @bob "mentions":["bob"]')).notifying is None
    mentioning = Outgoing.of_entry(message(1, "hello @bob", mentions=["bob"])).notifying
    assert isinstance(mentioning, MessageBody)
    assert mentioning.mentions == ["bob"]


def test_a_reply_goes_by_its_type() -> None:
    assert Outgoing.of_reply(Ok()).type == "ok"

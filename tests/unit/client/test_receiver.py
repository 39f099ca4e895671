from types import SimpleNamespace
from typing import Any

from chat.client.history import Outcome
from chat.client.positions import Push
from chat.client.receiver import Receiver
from chat.errors import Refused
from tests.unit.client.fakes import hello


class Link(SimpleNamespace):
    def __init__(self) -> None:
        super().__init__(early=[])

    def keep_early(self, push: Push) -> None:
        self.early.append(push)


def message(offset: int, room: str = "dev") -> Push:
    return {"type": "message", "room": room, "epoch": "e", "offset": offset}


def received(receiver: Receiver) -> list[Push]:
    return [*receiver.inbox._pushes]


def greeted(*rooms: str) -> tuple[Receiver, Any]:
    receiver, link = Receiver(rooms), Link()
    assert receiver.receive(link, hello(dev=1), is_active=True) is None  # type: ignore[arg-type]
    return receiver, link


def test_pushes_of_all_links_are_passed_on_in_order_and_each_once() -> None:
    receiver, link = greeted()
    for offset in (2, 2, 3, 1):
        assert receiver.receive(link, message(offset), is_active=offset == 2) is None
    assert received(receiver) == [message(2), message(3)]
    assert (receiver.user, receiver.name) == ("u1", "Ann")


def test_a_link_that_has_missed_something_ends() -> None:
    receiver, link = greeted()
    for push in (
        message(3),
        {"type": "heartbeat", "tops": {"dev": "e:2"}},
        hello(dev=2),
    ):
        end = receiver.receive(link, push, is_active=True)
        assert end is not None and end.outcome is Outcome.LEFT
    assert (
        receiver.receive(link, {"type": "heartbeat", "tops": {"dev": "e:1"}}, is_active=True)
        is None
    )
    assert received(receiver) == []


def test_what_is_in_no_log_comes_from_the_active_link_alone() -> None:
    receiver, link = greeted()
    typing, presence = {"type": "typing", "room": "dev"}, {"type": "presence", "room": "dev"}
    for push in (typing, presence):
        receiver.receive(link, push, is_active=False)
    assert received(receiver) == []
    receiver.activate(link, is_first=False)
    assert received(receiver) == [presence]  # the other link has delivered the rest
    link.early = [typing]
    receiver.activate(link, is_first=True)
    assert received(receiver) == [presence, typing]
    assert link.early == []


def test_why_an_attach_was_rejected_is_kept_and_late_replies_are_not_pushes() -> None:
    receiver, link = greeted()
    error = {"type": "error", "code": "banned", "message": "No."}
    for push in ({**error, "retry_ms": 1}, {**error, "id": 1}, {"type": "pong"}):
        receiver.receive(link, push, is_active=True)
        assert receiver.refusal is None
    receiver.receive(link, error, is_active=True)
    assert isinstance(receiver.refusal, Refused) and receiver.refusal.code == "banned"
    assert received(receiver) == []


def test_rooms_are_followed_by_the_replies_to_commands() -> None:
    receiver, link = greeted("dev")
    ok = {"type": "ok", "epoch": "e", "offset": 7}
    assert receiver.follow({"type": "join", "room": "ops"}, {"type": "error"}) == ""
    assert receiver.follow({"type": "join", "room": "ops"}, ok) != ""
    assert receiver.follow({"type": "join", "room": "ops"}, ok) == ""
    assert (receiver.rooms, receiver.positions.cursor) == (["dev", "ops"], "dev:e:1,ops:e:7")
    assert receiver.follow({"type": "leave", "room": "dev"}, {"type": "ok"}) != ""
    receiver.receive(link, message(2), is_active=True)
    assert received(receiver) == []


def test_whoever_reads_all_rooms_follows_what_the_server_says() -> None:
    receiver, link = greeted()
    assert receiver.follow({"type": "join", "room": "ops"}, {"type": "ok"}) == ""
    left = {"type": "left", "room": "dev", "user": "u1", "epoch": "e", "offset": 2}
    receiver.receive(link, left, is_active=True)
    assert "dev" not in receiver.positions and received(receiver) == [left]

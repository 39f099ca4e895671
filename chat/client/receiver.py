"""Receives the pushes of all links, and passes them on in order, each once."""

from collections.abc import Sequence
from typing import Final

from chat.client.history import Outcome
from chat.client.inbox import Inbox
from chat.client.link import End, Link
from chat.client.positions import Positions, Push, Verdict
from chat.errors import Refused

_REPLIES: Final = frozenset({"ok", "error", "pong"})


class Receiver:
    """The client's rooms, and what has been read of them."""

    def __init__(self, rooms: Sequence[str]) -> None:
        self.rooms = list(rooms)  # read only these; empty: all rooms of the user
        self.positions = Positions()
        self.inbox = Inbox(self.positions.resyncs)
        self.user = ""
        self.name = ""
        self.refusal: Refused | None = None  # why the server rejected an attach

    def receive(self, link: Link, push: Push, *, is_active: bool) -> End | None:
        """Handle a push of ``link``; return an End if the link has missed something."""
        match push["type"]:
            case "hello":
                self.user, self.name = push["user"], push["name"]
                if not self.positions.greet(push["rooms"]):
                    return End(outcome=Outcome.LEFT, reason="it began after a gap")
                return None
            case "heartbeat":
                if self.positions.is_behind(push["tops"]):
                    return End(outcome=Outcome.LEFT, reason="it had a gap")
                return None
            case "error" if "id" not in push:  # the reason that the attach failed or ended
                if push.get("retry_ms") is None:
                    self.refusal = Refused(push["code"], push["message"])
                return None
            case type_ if type_ in _REPLIES:
                return None  # the reply to a command that nobody waits for any more
        if self.rooms and push.get("room", self.rooms[0]) not in self.rooms:
            return None  # a room just left: the attach without it is under way
        match self.positions.judge(push):
            case Verdict.APPLY | Verdict.RESYNC:
                self._deliver(push)
            case Verdict.UNLOGGED if is_active:
                self._deliver(push)
            case Verdict.UNLOGGED:
                link.keep_early(push)
            case Verdict.GAP:
                return End(outcome=Outcome.LEFT, reason="it had a gap")
        return None

    def activate(self, link: Link, *, is_first: bool) -> None:
        """Deliver what came on ``link`` too early; ``is_first`` if no other one was active."""
        for push in link.early:
            # A presence push holds the whole presence; all other pushes came over the old link.
            if is_first or push["type"] == "presence":
                self._deliver(push)
        link.early.clear()

    def follow(self, command: Push, reply: Push) -> str:
        """Read other rooms after a command; return why to attach again, or an empty string."""
        room = str(command.get("room"))
        if not self.rooms or reply["type"] != "ok":
            return ""
        if command["type"] == "join" and room not in self.rooms:
            self.rooms.append(room)
            self.positions.begin(room, reply["epoch"], reply["offset"])
            return "another room is read"
        if command["type"] == "leave" and room in self.rooms:
            self.rooms.remove(room)
            self.positions.leave(room)
            return "one room less is read"
        return ""

    def _deliver(self, push: Push) -> None:
        if push["type"] == "left" and push["user"] == self.user:
            self.positions.leave(push["room"])
        self.inbox.put(push)

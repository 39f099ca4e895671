"""What has been said lately in the rooms of a chat in a terminal, and by whom. Pure."""

from collections import OrderedDict
from typing import Final, NamedTuple

from chat.client.positions import Push

# Messages of each room, and people: for replies, corrections and completion.
KEPT: Final = 500


class Said(NamedTuple):
    user: str
    name: str
    text: str


class Transcript:
    """The rooms of one person, of whom one room is shown."""

    def __init__(self, room: str) -> None:
        self.room = room
        self.unread: dict[str, int] = {}  # by room, of those that are not shown
        self.known_rooms = {room}  # for completion
        self._names: OrderedDict[str, str] = OrderedDict()  # by user, who was last heard of last
        self._said: dict[str, OrderedDict[int, Said]] = {}

    @property
    def names(self) -> list[str]:
        """The names of people, those who were last heard of first."""
        return list(dict.fromkeys(reversed(self._names.values())))

    def show(self, room: str) -> None:
        self.room = room
        self.known_rooms.add(room)
        self.unread.pop(room, None)

    def leave(self, room: str) -> None:
        self.unread.pop(room, None)
        self._said.pop(room, None)

    def said(self, room: str, offset: int) -> Said | None:
        kept = self._said.get(room)
        return None if kept is None else kept.get(offset)

    def newest(self, *, by: str = "", but: str = "") -> int | None:
        """Return the offset of the newest message in the room that is shown.

        ``by`` is its author; ``but`` is not. None: there is none.
        """
        found = reversed(self._said.get(self.room, {}).items())
        return next(
            (at for at, said in found if said.text and by in ("", said.user) and said.user != but),
            None,
        )

    def take(self, push: Push, me: str = "") -> None:
        """Remember ``push``, which the user ``me`` has received."""
        room = str(push.get("room", self.room))
        match push:
            case {"type": "presence", "users": list(users)}:
                for person in users:
                    self._hear(person["user"], person["name"])
            case {"type": "message", "offset": offset, "user": user, "name": name, "text": text}:
                self._hear(user, name)
                self._keep(room, offset, Said(user, name, text))
                if room != self.room and user != me:
                    self.unread[room] = self.unread.get(room, 0) + 1
            case {"type": "edited", "target": target, "text": text}:
                self._change(room, target, text)
            case {"type": "deleted", "target": target}:
                self._change(room, target, "")

    def _hear(self, user: str, name: str) -> None:
        self._names[user] = name
        self._names.move_to_end(user)
        if len(self._names) > KEPT:
            self._names.popitem(last=False)

    def _keep(self, room: str, offset: int, said: Said) -> None:
        kept = self._said.setdefault(room, OrderedDict())
        kept[offset] = said
        if len(kept) > KEPT:
            kept.popitem(last=False)

    def _change(self, room: str, offset: int, text: str) -> None:
        if (said := self.said(room, offset)) is not None:
            self._said[room][offset] = said._replace(text=text)

"""Nicks: the names of people as words of IRC, each of which is one person's. Pure."""

import re
from collections import OrderedDict, deque
from typing import Final, NamedTuple

from chat.protocol.unicode.skeleton import skeleton

# People whose nicks are kept, some 400 bytes each; whoever was away longest gives theirs up.
MOST: Final = 50_000
# Names have 32 characters, and a mark of some more may follow.
MAX_NICK_CHARACTERS: Final = 64
# ASCII that RFC 2812 section 2.3.1 allows in a nick, and all letters of other scripts.
_FORBIDDEN: Final = re.compile(r"[\x00-\x20!-,./:-@~\x7f]+")
# What a nick can't begin with: servers begin so, and clients take such words for numbers or modes.
_BEGINNING: Final = re.compile("[0-9-]")
_MARK_STEP: Final = 4
# Of one person, that are kept for those who were not told; all are told within a second or so.
_MOST_CHANGES: Final = 8


def nick_of(name: str) -> str:
    """Return ``name`` as a nick, if nobody else has it."""
    nick = _FORBIDDEN.sub("_", name)
    return f"_{nick}" if _BEGINNING.match(nick) else nick


class Renamed(NamedTuple):
    """A time that somebody was renamed; ``number`` counts them, of all people."""

    number: int
    before: str
    after: str


class Nicks:
    """The nicks of people, the same for all clients of this instance.

    Two that look alike (UTS 39) are never given to two people: the second has the end of their id
    after it. A nick stays as it is until its bearer is renamed.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._nicks: OrderedDict[str, str] = OrderedDict()  # by user, the one seen last at the end
        self._users: dict[str, str] = {}  # by the skeleton of the nick
        self._renamed: dict[str, deque[Renamed]] = {}  # by user, the last ones
        self.renames = 0
        self.changes = 0  # how often somebody has lost theirs; renames are among them

    def of(self, user: str, name: str) -> str:
        """Return the nick of ``user``, who is called ``name``."""
        if (nick := self._nicks.get(user)) is not None:
            self._nicks.move_to_end(user)
            return nick
        return self._give(user, name)

    def known(self, user: str) -> str | None:
        """Return the nick of ``user``, if they have one."""
        return self._nicks.get(user)

    def user_of(self, nick: str) -> str | None:
        return self._users.get(skeleton(nick))

    def rename(self, user: str, name: str, told: int = 0) -> Renamed | None:
        """Have ``user`` be called ``name``; return how their nick has changed, if at all.

        Repeatable: each client is told in its time, of all changes since number ``told`` as one.
        """
        before = self._nicks.get(user)
        if before is None:
            return None
        if nick_of(name) != before and not before.startswith(f"{nick_of(name)}-"):
            changes = self._renamed.get(user) or deque(maxlen=_MOST_CHANGES)
            self._take(user)
            after = self._give(user, name)
            self.renames += 1
            changes.append(Renamed(self.renames, before, after))
            self._renamed[user] = changes
        news = [change for change in self._renamed.get(user, ()) if change.number > told]
        return news[-1]._replace(before=news[0].before) if news else None

    def release(self, user: str) -> None:
        """Let others have the nick of ``user``, who has gone for good."""
        if user in self._nicks:
            self._take(user)

    def _give(self, user: str, name: str) -> str:
        plain = nick = nick_of(name)
        length = _MARK_STEP
        while self._users.get(skeleton(nick), user) != user:
            # The whole id may be a part of somebody's name, for whoever wants to be in the way.
            nick = f"{plain}-{user[-length:]}" if length < len(user) + _MARK_STEP else f"{nick}_"
            length += _MARK_STEP
        self._nicks[user] = nick
        self._users[skeleton(nick)] = user
        if len(self._nicks) > self._most:
            self._take(next(iter(self._nicks)))
        return nick

    def _take(self, user: str) -> None:
        self.changes += 1
        del self._users[skeleton(self._nicks.pop(user))]
        self._renamed.pop(user, None)

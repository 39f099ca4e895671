"""Reads logs of IRC clients: irssi, WeeChat and ZNC. All files together are one room.

Only what people said is kept: who came and went fills more lines than the talk.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from chat.admin.importing.source import BadExport, Event, Names, SourcePerson, SourceRoom

# A line of IRC has 512 bytes; clients write some more around it.
MAX_LINE_BYTES: Final = 8192
# mIRC's colours and styles, and other control characters.
_STYLES: Final = re.compile(
    "\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?|\x04[0-9a-fA-F]{6}|[\x00-\x08\x0b-\x1f\x7f]"
)
_CLOCK: Final = r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?"
_NICK: Final = r"[@+%&~! ]?([^\s<>]{1,64})"

_WEECHAT: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) " + _CLOCK + r"\t([^\t]*)\t(.*)")
_ZNC: Final = re.compile(r"\[" + _CLOCK + r"\] (.*)")
_IRSSI: Final = re.compile(_CLOCK + r" (.*)")
_IRSSI_DAY: Final = re.compile(
    r"--- (?:Log opened|Day changed) \w{3} (\w{3}) ([0-9]{2})(?: [0-9:]{8})? ([0-9]{4})"
)
_SAID: Final = re.compile(r"<" + _NICK + r"> (.*)")
_DID: Final = re.compile(r" ?\* ([^\s*]{1,64}) (.*)")
_DAY_OF_FILE: Final = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})\.log$")
_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class _Line(NamedTuple):
    when: datetime
    nick: str
    text: str


class IrcLogs:
    """A ``Source`` of one room. Nicks get no accounts: nobody can tell whose they were."""

    name = "irc"

    def __init__(self, paths: Sequence[Path], *, room: str, zone: ZoneInfo) -> None:
        """Read ``paths``, whose times are in ``zone``, in the order of their days."""
        self._paths = sorted(paths, key=lambda path: (_day_of(path) or date.min, path.name))
        self._zone = zone
        self._people: dict[str, SourcePerson] = {}
        self.rooms: Sequence[SourceRoom] = [SourceRoom(id=room, title=room)]

    @property
    def people(self) -> Mapping[str, SourcePerson]:
        """Do as Source does."""
        return self._people

    def events(self, room: SourceRoom, names: Names, left_out: Counter[str]) -> Iterator[Event]:
        """Do as Source does."""
        number = 0
        for path in self._paths:
            has_any = False
            for line in self._lines(path, left_out):
                number += 1
                has_any = True
                author = line.nick.lower()
                if author not in self._people:
                    self._people[author] = SourcePerson(author, [line.nick], has_account=False)
                # The time that a clock shows twice in autumn is the first of both.
                time_s = line.when.replace(tzinfo=self._zone).timestamp()
                yield Event(id=str(number), author=author, time_s=time_s, text=line.text)
            if not has_any and path.stat().st_size:
                raise BadExport(
                    f"{path}: nothing is said there that is written as irssi, WeeChat or ZNC do."
                )

    def _lines(self, path: Path, left_out: Counter[str]) -> Iterator[_Line]:
        day = _day_of(path)
        for number, raw in enumerate(_raw_lines(path), 1):
            line = _STYLES.sub("", raw)
            try:
                if found := _IRSSI_DAY.match(line):
                    day = date(int(found[3]), _MONTHS.index(found[1]) + 1, int(found[2]))
                    continue
                said = _parsed(line, day)
            except ValueError as error:
                raise BadExport(f"{path}, line {number}: {error}.") from error
            if said is not None:
                yield said
            elif line.strip():
                left_out["lines that are no messages"] += 1


def _parsed(line: str, day: date | None) -> _Line | None:
    """Return what somebody says in ``line``; None if nobody does. Raises ValueError."""
    if found := _WEECHAT.fullmatch(line):
        when = datetime.combine(date.fromisoformat(found[1]), _clock(found, 2))
        nick, text = found[5].strip(), found[6]
        if nick == "*":
            nick, _, text = text.partition(" ")
            return _Line(when, nick, f"_{text}_") if nick and text else None
        nick = nick.lstrip("@+%&~!")
        is_told = nick in ("-->", "<--", "--", "", "=!=") or " " in nick
        return None if is_told or not text.strip() else _Line(when, nick, text)
    if (found := _ZNC.fullmatch(line) or _IRSSI.fullmatch(line)) is None:
        return None
    rest = found[4]
    said, did = _SAID.fullmatch(rest), _DID.fullmatch(rest)
    if not (said or did) or rest.startswith("***"):
        return None
    if day is None:
        raise ValueError("there is no date before it; name the file like 2024-03-31.log")
    when = datetime.combine(day, _clock(found, 1))
    if said:
        return _Line(when, said[1], said[2]) if said[2].strip() else None
    assert did is not None
    return _Line(when, did[1], f"_{did[2]}_")


def _clock(found: re.Match[str], first: int) -> time:
    return time(int(found[first]), int(found[first + 1]), int(found[first + 2] or 0))


def _day_of(path: Path) -> date | None:
    """Return the day that the name of the file says, as ZNC writes it."""
    if (found := _DAY_OF_FILE.search(path.name)) is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def _raw_lines(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            while line := file.readline(MAX_LINE_BYTES):
                yield _text(line.rstrip(b"\r\n"))
    except OSError as error:
        raise BadExport(f"{path} can't be read ({error.strerror}).") from error


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:  # as networks of the time wrote it
        return line.decode("cp1252", "replace")

"""The lines by which a chat in a terminal shows what happens. Pure.

A line is made of pieces, each with the name of its style. In others' text, characters that could
steer the terminal are replaced.
"""

import unicodedata
import zlib
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from chat.client.positions import Push
from chat.client.transcript import Transcript

Line = list[tuple[str, str]]

# Names have one of so many colours, by their user's id.
HUES: Final = 6
# Of a message that is quoted.
_QUOTED: Final = 60


def printable(text: str) -> str:
    """Return ``text`` with all characters replaced that could steer a terminal.

    These are controls (ECMA-48's escapes begin with one), line and paragraph separators, halves of
    surrogate pairs, and what is invisible or changes the direction of writing (Unicode TR 9).
    """
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if _is_steering(character) else character for character in text
    )


def _is_steering(character: str) -> bool:
    # U+200D joins emoji and letters of several scripts; the rest of Cf is invisible, to deceive.
    category = unicodedata.category(character)
    return category in ("Cc", "Cf", "Cs", "Zl", "Zp") and character != "\u200d"


def text_of(line: Line) -> str:
    return "".join(text for _, text in line)


def news(text: str) -> Line:
    """Return the line that tells of something that nobody has said."""
    return [("news", f"* {printable(text)}")]


def line_of(message: dict[str, Any], site: str = "", *, me: str = "") -> Line:
    """Return a message as printed; further lines, indented, can't pass for somebody else's.

    ``site`` is the address of the server, at which there are the message's files; ``me`` is the
    user who reads, and may be mentioned.
    """
    time = datetime.fromisoformat(message["time"]).astimezone()
    files = [_file_line(file, site) for file in message.get("files", ())]
    said = str(message.get("text") or ("" if files else "(deleted)"))
    lines = [*(said.split("\n") if said else ()), *files]
    text = "\n      ".join(printable(line) for line in lines)
    is_for_me = bool(me) and me in message.get("mentions", ())
    reactions = message.get("reactions", {})
    return [
        ("time", f"{time:%H:%M} "),
        (_style_of(message.get("user", ""), me), printable(message["name"])),
        ("mention" if is_for_me else "", f": {text}"),
        ("quote", "".join(f" {printable(emoji)} {len(by)}" for emoji, by in reactions.items())),
    ]


def lines_for(push: Push, transcript: Transcript, site: str, me: str) -> list[Line]:
    """Return the lines that show ``push``, of the room that is shown, to the user ``me``.

    To be called before ``transcript`` takes the push.
    """
    name = str(push.get("name", ""))
    match push:
        case {"type": "message", "offset": offset}:
            number: Line = [("number", f"  #{offset}")]
            return [*_quote(push, transcript), line_of(push, site, me=me) + number]
        case {"type": "edited", "target": target, "text": str(text)} if text:
            return [news(f"{name} has changed #{target}: {text}")]
        case {"type": "deleted", "target": target}:
            return [news(f"{name} has deleted #{target}")]
        case {"type": "reaction", "target": target, "emoji": emoji, "on": on}:
            return [news(f"{name} {'' if on else 'takes back '}{emoji} #{target}")]
        case {"type": "joined" | "left" as what}:
            return [news(f"{name} has {what}")]
        case {"type": "room_changed", "topic": str(topic)} if topic:
            return [news(f"{name} has set the topic: {topic}")]
        case {"type": "notification", "kind": kind, "room": room} if room != transcript.room:
            return [news(f"{name}, in {room}: {kind}")]
    return []


def _quote(push: Push, transcript: Transcript) -> list[Line]:
    if (target := push.get("reply_to")) is None:
        return []
    said = transcript.said(transcript.room, target)
    if said is None:
        return [[("quote", f"      ┌ #{target}")]]
    text = " ".join(said.text.split())
    short = text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1]}…"
    return [[("quote", f"      ┌ {printable(said.name)}: {printable(short)}")]]


def _style_of(user: str, me: str) -> str:
    return "me" if user == me and me else f"name-{zlib.crc32(user.encode()) % HUES}"


def _file_line(file: dict[str, Any], site: str) -> str:
    name, path = file["name"], f"/files/{quote(file['id'])}/{quote(file['name'], safe='')}"
    return f"{name} ({file['type']}, {_size(file['bytes'])}) {site}{path}"


def _size(count: int) -> str:
    """Return a number of bytes for people."""
    size = float(count)
    if count < 1000:
        return f"{count} byte{'s' * (count != 1)}"
    size /= 1000
    for unit in ("KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if size >= 10 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"

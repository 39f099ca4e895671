"""What a chat in a terminal completes while one types. Pure: it knows texts, not terminals."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from chat.client.emoji import EMOJI
from chat.client.slash import COMMANDS
from chat.client.transcript import Transcript

_COMMAND: Final = re.compile(r"^/(\w*)$")
_ROOM: Final = re.compile(r"(?:^/join\s+|(?<!\S)#)([a-z0-9_-]*)$")
_NAME: Final = re.compile(r"(?<!\w)@([^@]*)$")
_EMOJI: Final = re.compile(r"(?<![\w:]):([\w+-]+)$")
_MOST: Final = 50


class Suggestion(NamedTuple):
    """A text that takes the place of the last ``replaces`` characters; ``help`` says what it is."""

    text: str
    replaces: int
    help: str = ""


def suggest(before: str, transcript: Transcript) -> list[Suggestion]:
    """Return what could be written instead of the end of ``before``, the text up to the cursor."""
    if found := _COMMAND.search(before):
        known = ((name, it) for name, it in COMMANDS.items() if name.startswith(found[1].lower()))
        return [Suggestion(f"/{name} ", len(found[1]) + 1, it.help) for name, it in known]
    if found := _ROOM.search(before):
        rooms = sorted(transcript.known_rooms)
        return _found([room for room in rooms if room.startswith(found[1])], found[1])
    if found := _NAME.search(before):
        start = found[1].casefold()
        names = [name for name in transcript.names if name.casefold().startswith(start)]
        return _found([f"{name} " for name in names], found[1])
    if found := _EMOJI.search(before):
        codes = [code for code in EMOJI if code.startswith(found[1])]
        return [Suggestion(EMOJI[code], len(found[1]) + 1, f":{code}:") for code in codes]
    return []


def _found(texts: Iterable[str], written: str) -> list[Suggestion]:
    return [Suggestion(text, len(written)) for text in texts][:_MOST]

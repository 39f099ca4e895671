"""What a line means that begins with a slash: a command, or a text all the same. Pure."""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple


class Slash(NamedTuple):
    """A command that people write."""

    arguments: str
    help: str


COMMANDS: Final[dict[str, Slash]] = {
    "help": Slash("", "list the commands and keys"),
    "join": Slash("ROOM", "go to a room, or make it"),
    "leave": Slash("", "leave this room, and go to the one before"),
    "rooms": Slash("", "list the rooms"),
    "who": Slash("", "list the people who were heard of lately"),
    "me": Slash("TEXT", "say what you do"),
    "reply": Slash("[#NUMBER] TEXT", "answer a message, the newest of others if none is named"),
    "edit": Slash("[#NUMBER] TEXT", "change a message of yours, the newest if none is named"),
    "delete": Slash("[#NUMBER]", "delete a message of yours"),
    "react": Slash("[#NUMBER] EMOJI", "react to a message, or take it back with -EMOJI"),
    "file": Slash("PATH", "send a file"),
    "search": Slash("WORDS", "find messages: words, “a phrase” in quotes, from:NAME, in:ROOM"),
    "history": Slash("[COUNT]", "show the last messages again, 30 if no number is given"),
    "quit": Slash("", "leave, when all is sent"),
}
KEYS: Final = (
    "Tab completes commands, @names, #rooms and :emoji:. Arrow up brings lines back. "
    "//text sends /text. Ctrl-D ends when all is sent, Ctrl-C at once."
)

# "/usr/bin" and "/ 2" are no commands.
_COMMAND: Final = re.compile(r"/([^\W\d_]+)(?:\s+(.*))?", re.DOTALL)
_NUMBER: Final = re.compile(r"#(\d{1,15})(?:\s+|$)")


@dataclass(frozen=True)
class Meaning:
    """What a line means: the text ``rest``, if ``name`` is empty, or a command with that text."""

    name: str
    rest: str
    number: int | None = None  # the offset that the command names


def meaning_of(line: str) -> Meaning:
    if line.startswith("//"):
        return Meaning("", line[1:])
    if (found := _COMMAND.fullmatch(line)) is None:
        return Meaning("", line)
    rest = (found[2] or "").strip()
    if number := _NUMBER.match(rest):
        return Meaning(found[1].lower(), rest[number.end() :], int(number[1]))
    return Meaning(found[1].lower(), rest)


def help_lines() -> list[str]:
    """Return the lines of /help."""
    shown = {f"/{name} {it.arguments}".strip(): it.help for name, it in COMMANDS.items()}
    width = max(map(len, shown))
    return [*(f"{said:{width}}  {help}" for said, help in shown.items()), KEYS]

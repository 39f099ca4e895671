"""One message of IRC: its tags, who it comes from, the command and its parameters. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

# Of a line without its tags (RFC 2812 section 2.3), and of the tags that a client and a server may
# put before it (IRCv3 message-tags): bytes, with the line end, the @ and the space.
MAX_LINE_BYTES: Final = 512
MAX_CLIENT_TAG_BYTES: Final = 4096
MAX_TAG_BYTES: Final = 8191
MAX_LABEL_CHARACTERS: Final = 64  # IRCv3 labeled-response
MAX_PARAMS: Final = 15  # RFC 2812 section 2.3

_COMMAND: Final = re.compile("[A-Za-z][A-Za-z0-9_]*|[0-9]{3}")
_TAG_KEY: Final = re.compile(r"\+?(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9-]+")
_ESCAPES: Final = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}
_ESCAPED: Final = str.maketrans({new: f"\\{old}" for old, new in _ESCAPES.items()})
# What ends a line or a parameter can't be in one.
_BREAKS: Final = str.maketrans("\r\n\0", "   ")


class BadLine(ValueError):
    """A line can't be read; ``code`` says why, as a code of standard replies."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Message:
    """A message; ``params`` are without the colon of the last one."""

    command: str
    params: tuple[str, ...] = ()
    source: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, index: int) -> str:
        """Return a parameter; empty if the message has fewer."""
        return self.params[index] if index < len(self.params) else ""

    def tagged(self, **tags: str) -> "Message":
        """Return the message with more tags."""
        return Message(self.command, self.params, self.source, {**self.tags, **tags})

    def encode(self) -> bytes:
        """Return the line. Its length is for the caller to see to."""
        parts = []
        if self.tags:
            parts.append("@" + ";".join(map(_tag, self.tags.items())))
        if self.source:
            parts.append(f":{self.source}")
        parts.append(self.command)
        parts += self.params[:-1]
        for last in self.params[-1:]:
            is_plain = last and not last.startswith(":") and " " not in last
            parts.append(last if is_plain else f":{last}")
        return " ".join(parts).translate(_BREAKS).encode() + b"\r\n"


def parse(line: bytes) -> Message:
    """Return the message in ``line``, which has no line end.

    Raises BadLine: it is not UTF-8, has a NUL or CR in it, is too long, or no message.
    """
    if b"\0" in line or b"\r" in line:
        raise BadLine("INVALID_MESSAGE", "A line has neither NUL nor CR in it.")
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise BadLine("INVALID_UTF8", "Write in UTF-8.") from None
    tags, rest = "", text.lstrip(" ")
    if rest.startswith("@"):
        tags, _, rest = rest[1:].partition(" ")
        if len(tags.encode()) > MAX_CLIENT_TAG_BYTES - 2:
            raise BadLine("INPUT_TOO_LONG", f"Tags have {MAX_CLIENT_TAG_BYTES} bytes at most.")
        rest = rest.lstrip(" ")
    if len(rest.encode()) > MAX_LINE_BYTES - 2:
        raise BadLine("INPUT_TOO_LONG", f"A line has {MAX_LINE_BYTES} bytes at most.")
    if rest.startswith(":"):  # clients have no need for a source
        rest = rest.partition(" ")[2].lstrip(" ")
    command, _, rest = rest.partition(" ")
    if not _COMMAND.fullmatch(command):
        raise BadLine("INVALID_MESSAGE", "This is no message of IRC.")
    return Message(command.upper(), tuple(_params(rest)), "", _tags(tags))


def label_of(line: bytes) -> str:
    """Return the label of a line, also of one that can't be read; "" without one."""
    if not line.startswith(b"@"):
        return ""
    label = _tags(line[1:].partition(b" ")[0].decode(errors="ignore")).get("label", "")
    return label if len(label) <= MAX_LABEL_CHARACTERS else ""


def _params(text: str) -> list[str]:
    params: list[str] = []
    while text := text.lstrip(" "):
        if text.startswith(":"):
            params.append(text[1:])
            break
        if len(params) == MAX_PARAMS - 1:
            params.append(text)
            break
        param, _, text = text.partition(" ")
        params.append(param)
    return params


def _tags(text: str) -> dict[str, str]:
    found = {}
    for tag in text.split(";") if text else ():
        key, _, value = tag.partition("=")
        if _TAG_KEY.fullmatch(key):  # others are ignored, as all that are not known
            found[key] = _unescaped(value)
    return found


def _unescaped(value: str) -> str:
    if "\\" not in value:
        return value
    return re.sub(r"\\(.?)", lambda found: _ESCAPES.get(found[1], found[1]), value, flags=re.DOTALL)


def _tag(tag: tuple[str, str]) -> str:
    key, value = tag
    return f"{key}={value.translate(_ESCAPED)}" if value else key

"""Reads event streams as browsers do (WHATWG HTML section 9.2.6), rule by rule."""

import re
from typing import NamedTuple


class Event(NamedTuple):
    """An event of a stream, with the last event id after it."""

    type: str
    data: str
    id: str


class EventParser:
    """Interprets a stream that is already split into lines."""

    def __init__(self) -> None:
        self.retry_ms: int | None = None
        self._id = ""
        self._type = ""
        self._data: list[str] = []

    def line(self, line: str) -> Event | None:
        """Take one line without its end; return the event that it completes, if any."""
        if line == "":
            data, type_ = self._data, self._type or "message"
            self._data, self._type = [], ""
            return Event(type_, "\n".join(data), self._id) if data else None
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "event":
                self._type = value
            case "data":
                self._data.append(value)
            case "id" if "\0" not in value:
                self._id = value
            case "retry" if value.isascii() and value.isdigit():
                self.retry_ms = int(value)
        return None


def read_stream(stream: bytes) -> tuple[list[Event], EventParser]:
    """Return the events of a whole stream, and the parser after them.

    One byte order mark is skipped; lines end with CR LF, LF or CR; an unfinished last line or
    event is ignored.
    """
    text = stream.decode("utf-8", "replace").removeprefix("\ufeff")
    *lines, _ = re.split("\r\n|\n|\r", text)
    parser = EventParser()
    return [event for line in lines if (event := parser.line(line)) is not None], parser

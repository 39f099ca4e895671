"""Parses an event stream (WHATWG HTML section 9.2.6). Pure: bytes in, data out."""

import codecs
from collections.abc import Iterator


class EventParser:
    """Parses a stream as it arrives, and yields the data of each complete event.

    Types and ids are ignored: the data has its own type, and the cursor follows from offsets.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._rest = ""
        self._is_after_return = False  # the last chunk ended with CR: skip an LF that follows
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Yield the data of the events that ``chunk`` completes."""
        text = self._decoder.decode(chunk)
        if self._is_after_return and text:
            text = text.removeprefix("\n")
            self._is_after_return = False
        self._is_after_return |= text.endswith("\r")
        *lines, self._rest = (
            (self._rest + text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        )
        for line in lines:
            if line == "":
                if self._data:
                    yield "\n".join(self._data)
                    self._data = []
                continue
            field, _, value = line.partition(":")
            if field == "data":
                self._data.append(value.removeprefix(" "))

"""An event stream as it is parsed (WHATWG HTML section 9.2.6). Pure: bytes in, data out."""

import codecs
from collections.abc import Iterator


class EventParser:
    """Takes a stream as it comes and gives the data of each event that is complete.

    Types and ids are passed over: the data says its type, and the cursor is kept by offsets.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._rest = ""
        self._is_after_return = False  # the next line feed belongs to the last line's end
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

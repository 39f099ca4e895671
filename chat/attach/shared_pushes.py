"""Pushes for readers who catch up at the same time: what many read is encoded once.

When thousands join a room together, or come back together, each reads the same entries.
"""

import asyncio
from typing import Final

from chat.hub.notifications import push_of
from chat.protocol.entries import Entry
from chat.protocol.outgoing import Outgoing

# So long they are kept at most: nobody keeps the text of a message that is deleted meanwhile. It
# is never served after that either, for it is found by what the log has.
KEPT_S: Final = 0.5
KEPT_BYTES: Final = 1 << 20  # of entries; each framing adds as much


class SharedPushes:
    """Makes the push of an entry, or finds the one that was made a moment ago."""

    def __init__(self) -> None:
        self._pushes: dict[Entry, Outgoing] = {}
        self._size_bytes = 0

    def of(self, entry: Entry) -> Outgoing:
        push = self._pushes.get(entry)
        if push is None:
            push = push_of(entry)
            if not self._pushes:
                asyncio.get_running_loop().call_later(KEPT_S, self._forget)
            self._size_bytes += len(push.payload)
            if self._size_bytes <= KEPT_BYTES:
                self._pushes[entry] = push
        return push

    def _forget(self) -> None:
        self._pushes.clear()
        self._size_bytes = 0

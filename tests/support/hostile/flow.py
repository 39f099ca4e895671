"""Holds back data in some modes: the bodies of responses, and the bytes of WebSockets."""

from tests.support.hostile.delay_line import DelayLine
from tests.support.hostile.modes import HELD_BYTES, Mode

_NO_FRAMES = {Mode.WEBSOCKET_SWALLOWED, Mode.WEBSOCKET_MUTE, Mode.MUTE_AND_HELD}
_NO_EVENTS = {Mode.STREAM_HELD, Mode.MUTE_AND_HELD}


class Flow:
    """The data after a head: a body or a WebSocket's bytes, which some modes hold back."""

    def __init__(
        self, line: DelayLine, *, is_down: bool, is_upgraded: bool = False, is_stream: bool = False
    ) -> None:
        self._line = line
        self._is_down = is_down
        self._is_upgraded = is_upgraded
        self._is_stream = is_stream
        self._held = bytearray()

    def take(self, chunk: bytes, mode: Mode) -> None:
        self._held += chunk
        self.pass_on(mode)

    def pass_on(self, mode: Mode) -> None:
        """Let through as much of the held data as ``mode`` allows."""
        if self._is_upgraded and mode in _NO_FRAMES or self._is_stream and mode in _NO_EVENTS:
            return
        size = len(self._held)
        if mode is Mode.HELD_64_KIB and self._is_down:
            size -= size % HELD_BYTES
        self._put(size)

    def end(self) -> None:
        """Let all held data through, at the end of the body."""
        self._put(len(self._held))

    def _put(self, size_bytes: int) -> None:
        if size_bytes:
            self._line.put(bytes(self._held[:size_bytes]))
            del self._held[:size_bytes]

"""Answers the handshakes that chat.transports.websocket.fast_path leaves to Tornado."""

from chat.protocol.pushes import Error
from chat.requests.handler import Handler
from chat.transports.websocket.opening import PARLEY, UpgradeRequired, open_websocket, read


class WebSocketTransport(Handler):
    """Has a WebSocket carry one session. Decides nothing."""

    has_head = False
    dialect = PARLEY

    def prepare(self) -> None:
        """Leave all checks to ``open_websocket``."""

    async def get(self) -> None:
        try:
            if self.cycle.refused is not None:
                raise self.cycle.refused
            sink, request = open_websocket(self, self.cycle, self.dialect)
        except UpgradeRequired as error:
            self._ask_for_upgrade(error)
            return
        self.detach_connection()
        await read(self, sink, request)

    def _ask_for_upgrade(self, error: UpgradeRequired) -> None:
        if error.version is not None:
            self.set_header("Sec-WebSocket-Version", error.version)  # RFC 6455 section 4.2.2
        self.set_header("Upgrade", "websocket")
        self.set_header("Connection", "Upgrade")
        self.show_error(426, Error(code=error.code, message=error.message))

"""Whether this instance is alive, and whether it can do its work."""

from tornado.web import RequestHandler

from chat.backplane.base import Backplane
from chat.connections import Connections
from chat.errors import Unavailable


class HealthHandler(RequestHandler):
    """Alive: the event loop turns. A store that is away does not kill us, nor would it help."""

    def get(self) -> None:
        self.finish({"status": "ok"})


class ReadyHandler(RequestHandler):
    """Ready: the store answers and there is room; 503 with the reason while it is not so."""

    is_logged = False  # the reason, when it began

    def initialize(self, backplane: Backplane, connections: Connections) -> None:
        self._backplane = backplane
        self._connections = connections

    async def get(self) -> None:
        reason = self._connections.why_full
        self.is_logged = reason is not None
        try:
            await self._backplane.check()
        except Unavailable as error:
            reason, self.is_logged = error.message, False
        if reason is None:
            self.finish({"status": "ok"})
        else:
            self.set_status(503)
            self.finish({"status": "unavailable", "reason": reason})

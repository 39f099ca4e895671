"""Whether this instance is alive, and whether it can do its work."""

from tornado.web import RequestHandler

from chat.backplane.base import Backplane
from chat.errors import Unavailable


class HealthHandler(RequestHandler):
    """Alive: the event loop turns. A store that is away does not kill us, nor would it help."""

    def get(self) -> None:
        self.finish({"status": "ok"})


class ReadyHandler(RequestHandler):
    """Ready: the store answers, too; 503 with the reason while it does not."""

    def initialize(self, backplane: Backplane) -> None:
        self._backplane = backplane

    async def get(self) -> None:
        try:
            await self._backplane.check()
        except Unavailable as error:
            self.set_status(503)
            self.finish({"status": "unavailable", "reason": error.message})
        else:
            self.finish({"status": "ok"})

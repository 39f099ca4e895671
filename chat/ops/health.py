"""Whether this instance is alive."""

from tornado.web import RequestHandler

from chat.backplane.base import Backplane
from chat.errors import Unavailable


class HealthHandler(RequestHandler):
    """200 while the event loop turns and the log answers; 503, with the reason, while not."""

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

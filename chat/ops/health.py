"""Whether this instance is alive."""

from tornado.web import RequestHandler

from chat.backplane.base import Backplane


class HealthHandler(RequestHandler):
    """200 while the event loop turns and the log answers; 503, with the reason, while not."""

    def initialize(self, backplane: Backplane) -> None:
        self._backplane = backplane

    async def get(self) -> None:
        await self._backplane.check()
        self.finish({"status": "ok"})

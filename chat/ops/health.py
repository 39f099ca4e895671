"""Health checks: whether this instance is alive, and whether it is ready to serve clients."""

from collections.abc import Mapping
from typing import Any

from chat import __version__
from chat.backplane.base import Backplane
from chat.errors import Unavailable
from chat.metrics.followers import FollowerMetrics
from chat.net.acceptor import Acceptor
from chat.ops.drain import Drain
from chat.requests.handler import PlainHandler


class HealthHandler(PlainHandler):
    """Liveness: the event loop runs. A store that is away is ignored: a restart would not help."""

    is_routine = True

    def initialize(self, instance: str) -> None:
        self._instance = instance

    def get(self) -> None:
        self.finish(_about(self._instance, "ok"))


class ReadyHandler(PlainHandler):
    """Readiness: not draining, not full, and a send would be stored; else 503 with all reasons.

    ``notes`` says what is amiss besides, which keeps nobody from chatting.
    """

    is_routine = True

    def initialize(
        self,
        instance: str,
        backplane: Backplane,
        acceptor: Acceptor,
        drain: Drain,
        followers: Mapping[str, FollowerMetrics],
    ) -> None:
        self._instance = instance
        self._backplane = backplane
        self._acceptor = acceptor
        self._drain = drain
        self._followers = followers

    async def get(self) -> None:
        reasons = []
        if self._drain.reason is not None:
            reasons.append(self._drain.reason)
        if (full := self._acceptor.why_full) is not None:
            reasons.append(full)
        try:
            await self._backplane.check()
        except Unavailable as error:
            reasons.append(error.message)
        self.is_logged = True  # each reason is logged when it begins, not at each check
        if reasons:
            self.set_status(503)
        status = "unavailable" if reasons else "ok"
        notes = [
            f"{name} is {one.lag_entries} entries behind and has failed: the log says why"
            for name, one in self._followers.items()
            if one.problem is not None
        ]
        self.finish(_about(self._instance, status) | {"reasons": reasons, "notes": notes})


def _about(instance: str, status: str) -> dict[str, Any]:
    return {"status": status, "version": __version__, "instance": instance}

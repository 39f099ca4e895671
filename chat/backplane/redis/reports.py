"""The status reports that instances share through Redis."""

from dataclasses import dataclass

from chat.backplane.limits import REPORT_S
from chat.backplane.redis.store import Store
from chat.clock import Clock


@dataclass(frozen=True)
class SharedReports:
    """Keeps each instance's report, with the time at which it expires."""

    store: Store
    clock: Clock

    async def put(self, instance: str, report: bytes | None) -> None:
        if report is None:
            await self.store.run("HDEL", self.store.keys.instances, instance)
        else:
            value = b"%.3f\n%b" % (self.clock.time() + REPORT_S, report)
            await self.store.run("HSET", self.store.keys.instances, instance, value)

    async def all(self) -> dict[str, bytes]:
        live, now = {}, self.clock.time()
        instances = await self.store.run("HGETALL", self.store.keys.instances)
        for instance, value in instances.items():
            until, _, report = value.partition(b"\n")
            if float(until) > now:
                live[instance.decode()] = report
            else:  # the instance died; if it is back, it reports again
                await self.store.run("HDEL", self.store.keys.instances, instance)
        return live

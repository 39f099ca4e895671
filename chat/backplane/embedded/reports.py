"""The status reports of instances: in this process, where there is one instance."""

from chat.backplane.limits import REPORT_S
from chat.clock import Clock


class LocalReports:
    """Keeps each report for REPORT_S."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._reports: dict[str, tuple[float, bytes]] = {}  # by instance: expiry time, report

    def put(self, instance: str, report: bytes | None) -> None:
        self._reports.pop(instance, None)
        if report is not None:
            self._reports[instance] = (self._clock.time() + REPORT_S, report)

    def all(self) -> dict[str, bytes]:
        now = self._clock.time()
        self._reports = {name: one for name, one in self._reports.items() if one[0] > now}
        return {name: report for name, (_, report) in self._reports.items()}

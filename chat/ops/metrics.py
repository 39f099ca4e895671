"""The /metrics endpoint, which Prometheus collects."""

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.process_collector import ProcessCollector

from chat.ops.prometheus import MetricSources, ParleyCollector
from chat.ops.worker_metrics import WorkerMetrics
from chat.requests.handler import PlainHandler


def build_registry(sources: MetricSources) -> CollectorRegistry:
    """Return a registry for this server alone: in tests several servers run in one process."""
    registry = CollectorRegistry()
    registry.register(ParleyCollector(sources))
    ProcessCollector(registry=registry)  # memory, processor time and open files
    return registry


class MetricsHandler(PlainHandler):
    """Answers any client, like the health checks: metrics name no users."""

    is_routine = True

    def initialize(self, registry: CollectorRegistry, worker_metrics: WorkerMetrics | None) -> None:
        self._registry = registry
        self._worker_metrics = worker_metrics

    async def get(self) -> None:
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.set_header("Cache-Control", "no-store")
        if self._worker_metrics is None:
            self.finish(generate_latest(self._registry))
        else:
            self.finish(await self._worker_metrics.gather())

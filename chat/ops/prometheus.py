"""Turns the counts of other modules into Prometheus metrics.

It lists all possible labels rather than those that occurred: so the labels are bounded, whatever
clients send, and a counter exists before its first event. Rooms and users are not labels.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from prometheus_client.core import InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from chat import __version__
from chat.attach.attachments import Attachments
from chat.backplane.base import Backplane
from chat.metrics.counters import CUT_SHORT, FAILED, OK, DetachReason, Metrics
from chat.metrics.deliveries import Deliveries
from chat.metrics.followers import (
    ATTEMPTS,
    FOLLOWERS,
    PUSHES,
    FollowerMetrics,
    PushMetrics,
    WebhookMetrics,
)  # fmt: skip
from chat.metrics.loop_lag import LoopLag
from chat.net.acceptor import Acceptor
from chat.ops import families
from chat.ops.access import CLASSES, ENDPOINTS
from chat.ops.watchdog import Watchdog
from chat.protocol.codes import Code
from chat.protocol.commands import TYPES
from chat.protocol.limits import Limit
from chat.protocol.negotiation import OFFERED, Reason, Transport

_OFFERED: Final = [transport.value for transport in OFFERED]
_TRANSPORTS: Final = [transport.value for transport in Transport]
_RANKS: Final = [str(rank) for rank in range(1, len(OFFERED) + 1)]
_COMMANDS: Final = [*sorted(TYPES), "other"]
_OUTCOMES: Final = [OK, *Code, FAILED]
_UPLOADED: Final = [*_OUTCOMES, CUT_SHORT]


@dataclass(frozen=True, kw_only=True)
class MetricSources:
    """The objects that the metrics are read from.

    ``refusals``: requests that HttpServer refused, by status. ``repeated_polls``: repeated polls
    answered without attaching again. ``last_backup_s``: the time of it, in seconds since 1970.
    """

    metrics: Metrics
    attachments: Attachments
    backplane: Backplane
    deliveries: Deliveries
    acceptor: Acceptor
    followers: Mapping[str, FollowerMetrics]
    pushes: PushMetrics
    webhooks: WebhookMetrics
    lag: LoopLag
    watchdog: Watchdog
    refusals: Counter[int]
    repeated_polls: Callable[[], int]
    last_backup_s: Callable[[], float | None]


class ParleyCollector(Collector):
    """Reads ``sources`` at each scrape; keeps no values."""

    def __init__(self, sources: MetricSources) -> None:
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        yield from _negotiation(self._sources.metrics)
        yield from _readers(self._sources)
        yield from _deliveries(self._sources.deliveries)
        yield from _asked(self._sources)
        yield from _uploads(self._sources.metrics)
        yield from _store(self._sources.backplane)
        yield from _followers(self._sources.followers)
        yield families.counters(
            "parley_pushes",
            "Messages sent to devices by Web Push, by what became of them.",
            ["outcome"],
            [((outcome,), self._sources.pushes.sent[outcome]) for outcome in PUSHES],
        )
        yield families.counters(
            "parley_webhook_attempts",
            "Requests sent to webhooks, by what became of them; and webhooks disabled.",
            ["outcome"],
            [((outcome,), self._sources.webhooks.attempts[outcome]) for outcome in ATTEMPTS],
        )
        yield from _instance(self._sources)


def _negotiation(metrics: Metrics) -> Iterator[Metric]:
    offers = {(transport, str(rank)): count for (transport, rank), count in metrics.offers.items()}
    yield families.counters(
        "parley_offers",
        "Offers made to clients, 1 is the best.",
        ["transport", "rank"],
        families.every(offers, _OFFERED, _RANKS),
    )
    yield families.counters(
        "parley_failures",
        "Attempts that did not work out, as clients tell.",
        ["transport", "reason"],
        families.every(metrics.failures, [*_OFFERED, "other"], [*Reason]),
    )


def _readers(sources: MetricSources) -> Iterator[Metric]:
    metrics, by_transport = sources.metrics, ["transport"]
    yield families.counters(
        "parley_attaches",
        "Transports that began to read.",
        by_transport,
        [((transport,), metrics.attaches[transport]) for transport in _TRANSPORTS],
    )
    yield families.counters(
        "parley_detaches",
        "Transports that read no more.",
        ["transport", "reason"],
        families.every(metrics.detaches, _TRANSPORTS, [*DetachReason]),
    )
    yield families.gauges(
        "parley_attached",
        "Transports that read now.",
        by_transport,
        [((transport,), readers) for transport, readers in metrics.readers().items()],
    )
    yield families.gauge(
        "parley_sessions",
        "Sessions that are attached, or were until just now.",
        sources.attachments.registry.sessions,
    )
    yield families.gauge(
        "parley_rooms", "Rooms that somebody reads here.", sources.attachments.rooms
    )
    yield families.total("parley_sheds", "Readers let go for being too slow.", metrics.sheds)
    yield families.total(
        "parley_repeated_polls",
        "Polls that repeat the last one, answered without attaching again.",
        sources.repeated_polls(),
    )


def _deliveries(deliveries: Deliveries) -> Iterator[Metric]:
    yield families.total("parley_deliveries", "Pushes given to readers.", deliveries.pushes)
    yield families.total(
        "parley_delivered_bytes", "Their size as JSON, without framing.", deliveries.payload_bytes
    )
    yield families.histogram(
        "parley_delivery_seconds",
        "From an author's instance to all readers here: of each turn the oldest entry.",
        deliveries.latency_s,
    )


def _asked(sources: MetricSources) -> Iterator[Metric]:
    metrics = sources.metrics
    yield families.counters(
        "parley_commands",
        "Commands by what became of them.",
        ["type", "outcome"],
        families.every(metrics.commands, _COMMANDS, _OUTCOMES),
    )
    yield families.counters(
        "parley_responses",
        "Answers to requests, without those that became streams and polls of the short way.",
        ["endpoint", "status"],
        families.every(metrics.responses, ENDPOINTS, CLASSES),
    )
    refused = sources.refusals
    limits = {  # the first four are refused before a handler could count them
        Limit.CONNECTIONS: sources.acceptor.refused,
        Limit.HEAD: refused[431],
        Limit.BODY: refused[413],
        Limit.REQUEST_TIME: refused[408],
        **metrics.limits,
        Limit.ADDRESS_CONNECTIONS: sources.acceptor.refused_by_address
        + metrics.limits[Limit.ADDRESS_CONNECTIONS],
    }
    yield families.counters(
        "parley_limits",
        "How often somebody ran into a limit.",
        ["limit"],
        [((limit,), limits.get(limit, 0)) for limit in Limit],
    )
    yield families.total(
        "parley_malformed_requests", "What came that is not HTTP/1.1.", refused[400]
    )
    yield families.total(
        "parley_misdirected_requests",
        "Requests for a host that is not in ALLOWED_HOSTS.",
        refused[421],
    )


def _uploads(metrics: Metrics) -> Iterator[Metric]:
    yield families.counters(
        "parley_uploads",
        "Uploads by what became of them.",
        ["outcome"],
        [((outcome,), metrics.uploads[outcome]) for outcome in _UPLOADED],
    )
    yield families.total(
        "parley_uploaded_bytes",
        "What came in of them, also of those that were refused.",
        metrics.uploaded_bytes,
    )


def _store(backplane: Backplane) -> Iterator[Metric]:
    store = backplane.metrics
    yield families.gauge("parley_store_up", "1 if the last batch was carried out.", store.is_up)
    yield families.histogram(
        "parley_store_seconds",
        "What a batch took: a transaction, or a pipeline to Redis.",
        store.batch_s,
    )
    yield families.total(
        "parley_store_requests", "Changes, or commands to Redis, that were asked for.", store.asked
    )
    yield families.gauge("parley_store_waiting", "Those that are not answered yet.", store.waiting)
    yield families.total("parley_store_failures", "Batches that failed.", store.failures)
    yield families.gauge(
        "parley_feed_up", "1 while we hear what other instances store.", store.is_feed_up
    )
    yield families.total(
        "parley_feed_interruptions", "Times that we did not.", store.feed_interruptions
    )
    yield families.gauge(
        "parley_feed_lag_entries",
        "Entries that were stored and not heard of, when it was last looked.",
        store.feed_lag_entries,
    )
    yield families.total(
        "parley_log_resets",
        "Logs that began anew, since the store had lost what was there.",
        store.resets,
    )


def _followers(followers: Mapping[str, FollowerMetrics]) -> Iterator[Metric]:
    known = {(name,): followers.get(name) or FollowerMetrics() for name in FOLLOWERS}
    yield families.gauges(
        "parley_follower_active",
        "1 where the follower does its work; of processes that share it, one does.",
        ["follower"],
        [(labels, one.is_active) for labels, one in known.items()],
    )
    yield families.gauges(
        "parley_follower_lag_entries",
        "Entries that were stored and that the follower has not handled, when last looked.",
        ["follower"],
        [(labels, one.lag_entries) for labels, one in known.items()],
    )
    yield families.counters(
        "parley_follower_entries",
        "Entries that the follower has handled.",
        ["follower"],
        [(labels, one.handled) for labels, one in known.items()],
    )
    yield families.counters(
        "parley_follower_failures",
        "Attempts of the follower that failed; each is repeated.",
        ["follower"],
        [(labels, one.failures) for labels, one in known.items()],
    )


def _instance(sources: MetricSources) -> Iterator[Metric]:
    yield families.gauge(
        "parley_connections", "Connections that are open, whatever for.", sources.acceptor.count
    )
    yield families.gauge(
        "parley_full", "1 while newcomers are refused.", sources.acceptor.why_full is not None
    )
    yield families.gauge(
        "parley_loop_lag_seconds",
        "How late the event loop runs, as a running mean.",
        sources.lag.lag_s,
    )
    yield families.total(
        "parley_loop_stalls",
        "Turns of the event loop that held it up for long.",
        sources.watchdog.stalls,
    )
    yield families.gauge(
        "parley_last_backup_timestamp_seconds",
        "When `admin backup` last wrote one with this DATA_DIR; 0 for never.",
        sources.last_backup_s() or 0.0,
    )
    yield InfoMetricFamily("parley_build", "What runs.", value={"version": __version__})

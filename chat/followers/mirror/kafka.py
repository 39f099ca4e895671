"""A topic of Kafka: a record's key is the room, so a room's entries are in one partition, in order.

Each page is a transaction. Its id is the same for all instances: one that begins ends the
transactions of those before, and shuts them out. The records of the last page are then at the ends
of the partitions, where whoever begins looks for them.
"""

import asyncio
import logging
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, ProducerFenced

from chat.followers.mirror.stream import Stream, StreamAway
from chat.followers.runner import BATCH
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from chat.settings.mirror_url import MirrorUrl

ANSWER_MS: Final = 10_000
OPEN_S: Final = 30
APPEND_S: Final = 30
CLOSE_S: Final = 5
# A page is at most BATCH records, and a mark that they are committed.
_TAIL: Final = BATCH + 1


class KafkaStream(Stream):
    """The topic of ``url``."""

    def __init__(self, url: MirrorUrl) -> None:
        self._url = url
        self._producer: Any = None
        # It logs each attempt to connect; what it raises, the runner logs once.
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)

    async def open(self) -> Sequence[tuple[str, Position]]:
        if self._producer is not None:
            return ()
        with self._failures():
            options = self._options()
            async with asyncio.timeout(OPEN_S):
                self._producer = AIOKafkaProducer(
                    transactional_id=f"parley-{self._url.target}", **options
                )
                await self._producer.start()
                return await self._read_tail(options)

    def _options(self) -> dict[str, Any]:
        url = self._url
        options: dict[str, Any] = {
            "bootstrap_servers": [str(host) for host in url.hosts],
            "client_id": "parley",
            "request_timeout_ms": ANSWER_MS,
            "security_protocol": ("SASL_" if url.password else "")
            + ("SSL" if url.has_tls else "PLAINTEXT"),
        }
        if url.has_tls:
            options["ssl_context"] = ssl.create_default_context()
        if url.password:
            options |= {
                "sasl_mechanism": url.mechanism,
                "sasl_plain_username": url.username,
                "sasl_plain_password": url.password,
            }
        return options

    async def _read_tail(self, options: Mapping[str, Any]) -> Sequence[tuple[str, Position]]:
        """Return the positions of the records at the ends of all partitions."""
        numbers = await self._producer.partitions_for(self._url.target)
        partitions = [TopicPartition(self._url.target, number) for number in numbers]
        found = []
        async with AIOKafkaConsumer(
            isolation_level="read_committed", enable_auto_commit=False, **options
        ) as consumer:
            consumer.assign(partitions)
            begins = await consumer.beginning_offsets(partitions)
            ends = await consumer.end_offsets(partitions)
            for partition in partitions:
                begin = max(begins[partition], ends[partition] - _TAIL)
                consumer.seek(partition, begin)
                while begin < ends[partition]:
                    records = await consumer.getmany(partition, timeout_ms=100)
                    found += [_position(record) for record in records.get(partition, ())]
                    begin = await consumer.position(partition)
        return [one for one in found if one is not None]

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError, OSError):
                async with asyncio.timeout(CLOSE_S):
                    await producer.stop()

    async def ends(self, handled: Mapping[str, Position]) -> Mapping[str, int]:
        return {room: position.offset for room, position in handled.items()}

    async def append(self, pages: Mapping[str, Sequence[Entry]]) -> None:
        with self._failures():
            async with asyncio.timeout(APPEND_S), self._producer.transaction():
                sent = [
                    await self._producer.send(
                        self._url.target,
                        entry.encode(),
                        key=room.encode(),
                        headers=[
                            ("epoch", entry.position.epoch.encode()),
                            ("offset", str(entry.position.offset).encode()),
                        ],
                    )
                    for room, entries in pages.items()
                    for entry in entries
                ]
                await asyncio.gather(*sent)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Raise failures as StreamAway."""
        try:
            yield
        except (KafkaError, OSError) as error:
            raise StreamAway(f"{self._url}: {_said(error)}") from error


def _position(record: Any) -> tuple[str, Position] | None:
    """Return the room and position of a record; None if it is of another program."""
    headers = dict(record.headers)
    try:
        position = Position(headers["epoch"].decode(), int(headers["offset"]))
        return record.key.decode(), position
    except (AttributeError, KeyError, ValueError):
        return None


def _said(error: Exception) -> str:
    """Return what ``error`` is, and what to do about it."""
    if isinstance(error, ProducerFenced):
        return "another instance has taken over"
    if isinstance(error, MessageSizeTooLargeError):
        return "it takes no message as large as this; raise its max.message.bytes"
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    return str(error) or type(error).__name__

"""A JetStream stream of NATS: each room has a subject of its own in it.

Each message names the last one of its subject (Nats-Expected-Last-Subject-Sequence), and is refused
if that is not the last one. So whoever else appends, and whatever arrives late or twice, the
entries of a room stay in their order, each once; and the last one says where to go on.

A page is sent without waiting for each answer: a message names the sequence that the one before
will have, and is refused if somebody else has got that. From then on, they are sent one by one.
"""

import asyncio
import logging
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from nats.aio.client import Client
from nats.errors import Error, MaxPayloadError, NoServersError, SecureConnWantedError
from nats.js.api import Header, PubAck, StreamConfig
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError, ServiceUnavailableError

from chat.errors import InvalidInput
from chat.followers.follower import key_of
from chat.followers.mirror.nats_credentials import Credentials
from chat.followers.mirror.stream import Stream, StreamAway
from chat.protocol.cursor import Position, parse_cursor
from chat.protocol.entries import Entry
from chat.settings.mirror_url import MirrorUrl

log: Final = logging.getLogger(__name__)

TIMEOUT_S: Final = 5  # of one answer
OPEN_S: Final = 20
CLOSE_S: Final = 2
# Error codes of JetStream (nats-server, errors.json).
_MESSAGE_TOO_LARGE: Final = 10054
_WRONG_LAST_SEQUENCE: Final = 10071


class _Client(Client):
    """A client that sends nothing before TLS if it was given a context for TLS.

    The one of nats-py would go on without TLS if the server, or whoever is in between, offers none.
    """

    def _connect_command(self) -> bytes:
        if "tls" in self.options and not self._server_info.get("tls_required"):
            raise SecureConnWantedError
        return super()._connect_command()


class NatsStream(Stream):
    """The stream that takes the subjects below the target of ``url``; made if there is none."""

    def __init__(self, url: MirrorUrl) -> None:
        self._url = url
        self._client: Client | None = None
        self._noted: Exception = NoServersError()
        self._last: dict[str, int] = {}  # the sequence of each room's last message
        # The sequence of the stream's next message, if only we append; 0: it is not known.
        self._next = 0
        self._is_alone = True

    async def open(self) -> Sequence[tuple[str, Position]]:
        if self._client is not None:
            return ()
        self._last.clear()
        self._next = 0
        with self._failures():
            credentials = self._credentials()
            self._client = client = _Client()
            self._js = client.jetstream(timeout=TIMEOUT_S)
            async with asyncio.timeout(OPEN_S):
                # It does not reconnect: the runner opens it anew, and the end is looked at again.
                await client.connect(
                    [f"nats://{host}" for host in self._url.hosts],
                    name="parley",
                    allow_reconnect=False,
                    max_reconnect_attempts=1,  # to each server, at once; 0 is without end
                    reconnect_time_wait=0,
                    connect_timeout=TIMEOUT_S,
                    error_cb=self._note,
                    **credentials,
                )
                self._name = await self._find_or_make()
        return ()  # the end of each room is asked for when it is needed

    def _credentials(self) -> dict[str, Any]:
        url = self._url
        found: dict[str, Any] = {"tls": ssl.create_default_context()} if url.has_tls else {}
        if url.credentials is not None:
            credentials = Credentials.read(url.credentials)
            found |= {
                "user_jwt_cb": lambda: credentials.jwt,
                "signature_cb": credentials.sign,
            }
        if url.password is not None:
            found |= {"user": url.username, "password": url.password}
        elif url.username is not None:
            found["token"] = url.username
        return found

    async def _find_or_make(self) -> str:
        subjects = self._subject("*")
        try:
            return await self._js.find_stream_name_by_subject(subjects)
        except NotFoundError:
            name = self._url.target.replace(".", "_")
            await self._js.add_stream(StreamConfig(name=name, subjects=[subjects]))
            log.info("The stream %s is made, for %s", name, subjects)
            return name

    def _subject(self, room: str) -> str:
        return f"{self._url.target}.{room}"

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            # Where TLS has failed, nats-py waits without end for what it has closed.
            with suppress(Error, OSError):
                async with asyncio.timeout(CLOSE_S):
                    await client.close()

    async def ends(self, handled: Mapping[str, Position]) -> Mapping[str, int]:
        with self._failures():
            found = await asyncio.gather(*(self._end(room, at) for room, at in handled.items()))
        return dict(zip(handled, found, strict=True))

    async def _end(self, room: str, handled: Position) -> int:
        try:
            message = await self._js.get_last_msg(self._name, self._subject(room))
        except NotFoundError:  # none was sent yet, or they were removed since
            self._last[room] = 0
            return handled.offset
        self._last[room] = message.seq or 0
        try:
            position = parse_cursor((message.headers or {}).get(Header.MSG_ID, "")).get(room)
        except InvalidInput:  # another program has written it
            position = None
        if position is None or position.epoch != handled.epoch:
            return handled.offset
        return position.offset

    async def append(self, pages: Mapping[str, Sequence[Entry]]) -> None:
        left = [entry for page in pages.values() for entry in page]
        while left:
            count = len(left) if self._next else 1
            await self._append(left[:count])
            left = left[count:]

    async def _append(self, entries: Sequence[Entry]) -> None:
        """Append ``entries``; they are several only if ``_next`` is known."""
        first, publishing = self._next, []
        for number, entry in enumerate(entries):
            expected = {Header.EXPECTED_LAST_SUBJECT_SEQUENCE: self._last[entry.room]}
            if first:
                # Of the stream, too: then whatever is taken gets its sequence. Otherwise one that
                # was refused might leave its sequence to the one before, which the next one names.
                expected[Header.EXPECTED_LAST_SEQUENCE] = first + number - 1
                self._last[entry.room] = first + number
            publishing.append(self._publish(entry, expected))
        # They are sent in the order in which their tasks begin, which is this one.
        acks = await asyncio.gather(*publishing, return_exceptions=True)
        # The first failure says why: behind it, the entries of its room were refused.
        for entry, ack in zip(entries, acks, strict=True):
            with self._failures(entry):
                if isinstance(ack, BaseException):
                    if _code_of(ack) == _WRONG_LAST_SEQUENCE:
                        self._is_alone = False
                    raise ack
                if ack.duplicate and first:
                    raise StreamAway("it is there already; the end is looked at again")
            # If a message was removed from the end by hand, NATS still knows its id for a while.
            if not ack.duplicate:
                self._last[entry.room] = max(ack.seq, self._last[entry.room])
                self._next = ack.seq + 1 if self._is_alone else 0

    async def _publish(self, entry: Entry, expected: Mapping[Header, int]) -> PubAck:
        headers = {name.value: str(sequence) for name, sequence in expected.items()}
        # Not by publish_async: in nats-py 2.16 that never tells of a refusal.
        return await self._js.publish(
            self._subject(entry.room),
            entry.encode(),
            stream=self._name,
            headers={Header.MSG_ID.value: key_of(entry), **headers},
        )

    async def _note(self, error: Exception) -> None:
        """Note what the client reports: of several servers it raises only that none is there."""
        self._noted = error

    @contextmanager
    def _failures(self, entry: Entry | None = None) -> Iterator[None]:
        """Raise failures as StreamAway."""
        try:
            yield
        except (Error, OSError) as error:
            what = _said(self._noted if isinstance(error, NoServersError) else error)
            if entry is not None:
                what = f"{key_of(entry)}, of {len(entry.encode())} bytes: {what}"
            raise StreamAway(f"{self._url}: {what}") from error


def _code_of(error: BaseException) -> int | None:
    return error.err_code if isinstance(error, APIError) else None


def _said(error: Exception) -> str:
    """Return what ``error`` is, and what to do about it."""
    code = _code_of(error)
    if isinstance(error, MaxPayloadError) or code == _MESSAGE_TOO_LARGE:
        return "it takes no message as large as this; raise its max_payload or max_msg_size"
    if code == _WRONG_LAST_SEQUENCE:
        return "another instance or program has appended to the stream meanwhile"
    if isinstance(error, NoStreamResponseError):
        return "no stream takes the subject"
    if isinstance(error, APIError) and error.description:
        return error.description
    if isinstance(error, ServiceUnavailableError):
        return "it has no JetStream now; nats-server needs -js"
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    return str(error) or type(error).__name__

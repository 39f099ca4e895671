"""Commands that were sent ahead have the replies and the effect of commands that waited."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chat.accounts.rate_limits import BURST, Limits
from chat.backplane.embedded import EmbeddedBackplane
from chat.backplane.records import Draft
from chat.errors import Unavailable
from chat.metrics.counters import Metrics
from chat.protocol.codes import Code
from chat.rooms import LOBBY
from chat.rooms.texts import MAX_TEXT_CHARACTERS
from chat.service.service import Service
from chat.settings.settings import Settings
from tests.unit.fakes import ADA, BOB, SetClock
from tests.unit.service.test_service import HERE, Feed, ServiceTest

ROOMS = [LOBBY, "dev", "not made"]
TEXTS = [
    "hello", "*hello*", "@Bob come", "@Ada, I mean you", "", " ", "```py\nx = 1\n```", "\0",
    "x" * MAX_TEXT_CHARACTERS, "x" * (MAX_TEXT_CHARACTERS + 1), "see #dev", "y" * 1500,
]  # fmt: skip
KEYS = ["k1", "k2", "k3", "k4", "k5", ""]


def _command(type_: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    room = st.sampled_from(ROOMS)
    return st.fixed_dictionaries({"type": st.just(type_), "room": room, **fields}).map(json.dumps)


_text, _offset = st.sampled_from(TEXTS), st.integers(0, 8)
_send = _command("send", text=_text, key=st.sampled_from(KEYS), id=st.integers(0, 9))
COMMANDS = st.one_of(
    *[_send] * 6,
    _command("send", text=_text, key=st.sampled_from(KEYS), reply_to=_offset),
    _command("send", text=_text, key=st.sampled_from(KEYS), files=st.just(["0" * 32])),
    _command("edit", text=_text, offset=_offset),
    _command("delete", offset=_offset),
    _command("react", offset=_offset, emoji=st.sampled_from(["👍", "no"]), on=st.booleans()),
    _command("read", offset=_offset),
    _command("set", slow_mode_s=st.sampled_from([0, 60]), is_locked=st.booleans()),
    _command("join"),
    _command("leave"),
    _command("typing"),
    _command("ping"),
    st.sampled_from(["", "{", "[]", '{"type":"send"}', '{"type":"shout","id":3}', "x" * 3000]),
)


class _Site:
    """A service with a store of its own, in which Ada owns a room and Bob is a member of it."""

    def __init__(self, folder: str, *, has_rate_limits: bool) -> None:
        clock = SetClock()
        self.feed = Feed()
        self.backplane = EmbeddedBackplane(Path(folder), clock=clock)
        self.metrics = Metrics()
        limits = Limits(Settings(has_rate_limits=has_rate_limits), clock, self.metrics.limited)
        self.service = Service(self.backplane, clock=clock, limits=limits, metrics=self.metrics)

    async def answer(self, encoded: Sequence[str]) -> list[dict[str, Any] | None]:
        replies = await self.service.answer_all(ADA, encoded, HERE)
        return [None if reply is None else without_epoch(reply.encode()) for reply in replies]

    async def state(self) -> list[Any]:
        """Return what is stored, and what readers and operators were told."""
        entries = [(e.room, e.position.offset, e.kind, e.body) for e in self.feed.entries]
        memberships = await self.backplane.memberships(ADA.user)
        markers = [(m.room, m.position.offset, m.read_offset, m.unread) for m in memberships]
        pushes = [push.encode() for push in self.feed.pushes]
        return [entries, markers, pushes, self.metrics.commands]


def without_epoch(reply: bytes) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(reply)
    fields.pop("epoch", None)
    return fields


@asynccontextmanager
async def running(*, has_rate_limits: bool) -> AsyncIterator[_Site]:
    with tempfile.TemporaryDirectory() as folder:
        site = _Site(folder, has_rate_limits=has_rate_limits)
        await site.backplane.start(site.feed)
        try:
            create = {"type": "create", "room": "dev", "title": "Dev", "access": "public"}
            await site.service.answer_all(ADA, [json.dumps(create)], HERE)
            await site.service.answer_all(BOB, ['{"type":"join","room":"dev"}'], HERE)
            yield site
        finally:
            await site.backplane.stop()


async def compare(
    encoded: Sequence[str], sizes: Sequence[int], *, has_rate_limits: bool = False
) -> None:
    """Give one site the commands one by one, and another one in pieces of ``sizes``."""
    async with (
        running(has_rate_limits=has_rate_limits) as waits,
        running(has_rate_limits=has_rate_limits) as hurries,
    ):
        expected = [reply for command in encoded for reply in await waits.answer([command])]
        replies, rest = [], list(encoded)
        for size in sizes:
            replies += await hurries.answer(rest[:size])
            rest = rest[size:]
        replies += await hurries.answer(rest)
        assert replies == expected
        assert await hurries.state() == await waits.state()


@settings(max_examples=60)
@given(st.lists(COMMANDS, max_size=40), st.lists(st.integers(1, 20), max_size=4))
def test_commands_sent_ahead_do_what_they_do_one_by_one(
    encoded: list[str], sizes: list[int]
) -> None:
    asyncio.run(compare(encoded, sizes))


@settings(max_examples=5)
@given(st.lists(COMMANDS, min_size=1, max_size=20))
def test_no_more_of_them_pass_the_limits(encoded: list[str]) -> None:
    many = encoded * (BURST * 2 // len(encoded) + 1)
    asyncio.run(compare(many, [], has_rate_limits=True))


class TestTogether(ServiceTest):
    async def steps(self, texts: Sequence[str]) -> list[int]:
        """Send ``texts`` ahead; return how many of them were stored in each step."""
        steps: list[int] = []
        append_all = self.backplane.append_all

        async def counted(drafts: Sequence[Draft]) -> Any:
            steps.append(len(drafts))
            return await append_all(drafts)

        self.backplane.append_all = counted  # type: ignore[method-assign]
        sends = [
            json.dumps({"type": "send", "room": LOBBY, "text": text, "key": f"k{number}"})
            for number, text in enumerate(texts)
        ]
        replies = await self.service.answer_all(ADA, sends, HERE)
        offsets = [json.loads(reply.encode())["offset"] for reply in replies if reply]
        assert offsets == list(range(1, len(texts) + 1))
        return steps

    async def test_messages_that_follow_one_another_are_stored_in_one_step(self) -> None:
        assert await self.steps(["m"] * 64) == [64]

    async def test_where_the_store_fails_each_of_them_can_be_tried_again(self) -> None:
        async def refuse(drafts: Sequence[Draft]) -> Any:
            raise Unavailable(Code.UNAVAILABLE, "the disk is full", retry_ms=1)

        self.backplane.append_all = refuse  # type: ignore[method-assign]
        sends = [
            json.dumps({"type": "send", "room": LOBBY, "text": "m", "key": f"k{n}", "id": n})
            for n in range(3)
        ]
        replies = await self.service.answer_all(ADA, [*sends, '{"type":"ping","id":3}'], HERE)
        decoded = [json.loads(reply.encode()) for reply in replies if reply]
        assert [(reply["id"], reply.get("code")) for reply in decoded] == [
            (0, "unavailable"), (1, "unavailable"), (2, "unavailable"), (3, None)
        ]  # fmt: skip
        assert self.metrics.commands["send", "unavailable"] == 3

    async def test_no_more_markdown_than_of_the_longest_message_is_prepared_together(self) -> None:
        assert await self.steps(["*" * (MAX_TEXT_CHARACTERS // 2)] * 8) == [2] * 4

    async def test_the_length_of_plain_texts_does_not_count(self) -> None:
        assert await self.steps(["x" * MAX_TEXT_CHARACTERS] * 8) == [8]

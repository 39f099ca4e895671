"""The contract for deleted and replaced texts, for reactions, and for trimming.

Used together with BackplaneContract, whose ``backplane`` and ``listener`` it needs.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from chat.backplane.base import Backplane
from chat.backplane.limits import HISTORY_BYTES, TRIM_STEP
from chat.backplane.records import Appended, Draft
from chat.errors import ChatError, ResyncNeeded
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.protocol.entries import DeletedBody, EditedBody, Entry, MessageBody, ReactionBody
from chat.protocol.pushes import Person
from chat.rooms import LOBBY
from chat.rooms.amendments import MAX_EMOJI, MAX_EMOJI_OF_A_USER
from chat.rooms.folding import Message, fold
from tests.contract.backplane_contract import ADA, BOB, Recorder, joining, leaving, message
from tests.support.folding import fold_log


def edit(target: int, text: str, *, room: str = LOBBY) -> Draft:
    body = EditedBody(user="ada", name="Ada", time="later", target=target, text=text, html=text)
    return Draft(room=room, user="ada", body=body)


def deletion(target: int, *, room: str = LOBBY) -> Draft:
    body = DeletedBody(user="ada", name="Ada", time="later", target=target)
    return Draft(room=room, user="ada", body=body)


def reaction(target: int, emoji: str, *, on: bool = True, by: Person = ADA) -> Draft:
    body = ReactionBody(user=by.user, name=by.name, time="later", target=target, emoji=emoji, on=on)
    return Draft(room=LOBBY, user=by.user, body=body)


class RemovalContract:
    """A mixin of an IsolatedAsyncioTestCase, together with BackplaneContract."""

    backplane: Backplane
    listener: Recorder
    keep: int
    assertRaises: Callable[..., Any]
    restart: Callable[[], Any]
    lobby: Callable[[], Any]

    async def cost_of_history(self) -> int:
        """Return the cost of reading the newest page, in the store's own unit."""
        raise NotImplementedError

    # Removed text

    async def test_a_deleted_text_is_gone_from_every_reader_and_its_offset_stays(self) -> None:
        await self._append(message("before"), message("secret", key="k"), message("after"))
        await self._append(edit(2, "secret, too"), edit(2, "secret still"), deletion(2))
        for _ in range(2):  # from memory, then read by another handle
            entries = await self._all()
            assert [e.position.offset for e in entries] == [1, 2, 3, 4, 5, 6]
            assert not [e for e in entries if b"secret" in e.body]
            gone = entries[1].decode()
            assert isinstance(gone, MessageBody)
            assert (gone.text, gone.html, gone.deleted, gone.edited) == ("", "", True, None)
            assert (gone.user, gone.key) == ("ada", "k")
            assert [e.decode().superseded for e in entries[3:5]] == [True, True]
            assert [(m.text, m.deleted) for m in await self._shown()] == [
                ("before", False), ("", True), ("after", False),
            ]  # fmt: skip
            one = await self.backplane.entry(LOBBY, 2)
            assert one is not None
            assert b"secret" not in one.body
            await self.restart()

    async def test_a_replaced_text_is_gone_and_the_newest_stands_in_its_place(self) -> None:
        await self._append(message("first", key="k"), edit(1, "second"), edit(1, "third"))
        for _ in range(2):
            entries = await self._all()
            assert not [e for e in entries if b"first" in e.body or b"second" in e.body]
            original, replaced, newest = (e.decode() for e in entries)
            assert (original.text, original.html, original.edited) == ("third", "third", "later")
            assert (replaced.text, replaced.superseded) == ("", True)
            assert (newest.text, newest.superseded) == ("third", False)
            (shown,) = await self._shown()
            assert (shown.text, shown.edited) == ("third", "later")
            await self.restart()

    async def test_a_reader_of_all_ends_with_what_history_shows(self) -> None:
        await self._append(*(message(f"m{n}") for n in range(1, 5)))
        await self._append(
            edit(1, "one"), reaction(1, "👍"), reaction(2, "❤️", by=BOB), edit(1, "uno"),
            reaction(1, "👍", on=False), reaction(1, "🎉", by=BOB), edit(2, "two"), deletion(2),
            edit(4, "four"), reaction(4, "👍"), reaction(4, "👍", by=BOB),
        )  # fmt: skip
        assert fold_log(await self._all()) == await self._shown()

    async def test_live_readers_are_given_what_was_said(self) -> None:
        await self._append(message("first"), edit(1, "second"), deletion(1))
        await self.listener.until(lambda: len(self.listener.entries) >= 3)
        kinds = [entry.kind for entry in self.listener.entries]
        assert kinds == ["message", "edited", "deleted"]

    async def test_what_was_deleted_is_not_changed_any_more_and_nothing_is_stored(self) -> None:
        await self._append(message("m"), deletion(1))
        for change in (edit(1, "again"), reaction(1, "👍"), deletion(1)):
            assert await self._refusal(change) == Code.FORBIDDEN
        assert (await self.lobby()).offset == 2
        assert [m.text for m in await self._shown()] == [""]

    async def test_of_many_deletions_at_once_one_is_done(self) -> None:
        await self._append(message("m"))
        answers = await asyncio.gather(
            *(self.backplane.append(deletion(1)) for _ in range(10)),
            *(self.backplane.append(edit(1, f"e{n}")) for n in range(10)),
            return_exceptions=True,
        )
        assert [isinstance(answer, Appended) for answer in answers] == [True] + 19 * [False]
        assert (await self.lobby()).offset == 2

    async def test_only_messages_are_changed_and_only_those_that_are_there(self) -> None:
        await self._append(message("m"), edit(1, "n"))
        for change in (edit(2, "x"), reaction(2, "👍"), deletion(2), deletion(99)):
            assert await self._refusal(change) == Code.BAD_COMMAND
        assert (await self.lobby()).offset == 2

    # Reactions

    async def test_what_changes_nothing_is_not_stored(self) -> None:
        await self._append(message("m"), reaction(1, "👍"))
        for change in (reaction(1, "👍"), reaction(1, "👍", on=False, by=BOB), edit(1, "m")):
            answer = await self.backplane.append(change)
            assert answer == Appended(await self.lobby(), False)
        assert (await self.lobby()).offset == 2

    async def test_reactions_are_shown_in_the_order_in_which_they_came(self) -> None:
        await self._append(message("m"), message("n"))
        await self._append(
            reaction(1, "👍"), reaction(1, "❤️"), reaction(1, "👍", by=BOB), reaction(2, "👍"),
            reaction(1, "👍", on=False), reaction(2, "👍", on=False),
        )  # fmt: skip
        for _ in range(2):
            one, two = await self._shown()
            assert list(one.reactions.items()) == [("👍", ["bob"]), ("❤️", ["ada"])]
            assert two.reactions == {}
            await self.restart()

    async def test_a_message_has_so_many_reactions_and_no_more(self) -> None:
        await self._append(message("m"))
        people = [Person(user=f"u{n}", name="U") for n in range(3)]
        for number in range(MAX_EMOJI):
            await self._append(reaction(1, f"e{number}", by=people[number % 2]))
        own = [f"e{number}" for number in range(0, MAX_EMOJI, 2)]
        assert len(own) == MAX_EMOJI_OF_A_USER
        assert await self._refusal(reaction(1, "one kind more", by=people[2])) == Code.TOO_LONG
        assert await self._refusal(reaction(1, "e1", by=people[0])) == Code.TOO_LONG
        await self._append(reaction(1, "e1", by=people[2]))  # an existing emoji by another user
        await self._append(reaction(1, "e0", on=False, by=people[0]), reaction(1, "new", by=ADA))
        (shown,) = await self._shown()
        assert len(shown.reactions) == MAX_EMOJI

    async def test_reading_a_page_costs_little_more_whatever_was_done_to_its_messages(self) -> None:
        count = min(200, self.keep)
        await self._append(*(message(f"m{n}") for n in range(count)))
        before = await self.cost_of_history()
        for number in range(8):
            await asyncio.gather(
                *(self.backplane.append(reaction(1, "❤️", on=n % 2 == 0)) for n in range(20)),
                *(self.backplane.append(edit(1, f"n{number % 2} {n}")) for n in range(5)),
            )
        assert (await self.lobby()).offset == count + 8 * 25
        assert await self.cost_of_history() < 2.5 * before
        assert len(await self._shown()) == count

    # Trimming

    async def test_what_history_does_not_show_never_displaces_messages(self) -> None:
        await self._append(*(message(f"m{n}") for n in range(1, 41)))
        await self._append(reaction(40, "❤️"), edit(1, "first"))
        for _ in range((self.keep + 2 * TRIM_STEP) // 20):
            await asyncio.gather(
                *(self.backplane.append(reaction(1, "👍", on=n % 2 == 0)) for n in range(20))
            )
        shown = await self._shown()
        assert [m.offset for m in shown] == list(range(1, 41))
        assert (shown[0].text, shown[39].reactions) == ("first", {"❤️": ["ada"]})
        top = await self.lobby()
        assert top.offset > 40 + self.keep + TRIM_STEP
        with self.assertRaises(ResyncNeeded):  # the reaction at this offset was trimmed
            await self.backplane.read(LOBBY, Position(top.epoch, 40), limit=10)
        kept = Position(top.epoch, top.offset - self.keep)
        assert len((await self.backplane.read(LOBBY, kept, limit=200)).entries) == self.keep
        others = range(41, top.offset + 1)
        found = await asyncio.gather(*(self.backplane.entry(LOBBY, offset) for offset in others))
        assert self.keep <= len([*filter(None, found)]) < self.keep + TRIM_STEP

    async def test_comings_and_goings_never_displace_messages(self) -> None:
        await self.backplane.join(joining("dev"))
        for number in range(1, 21):
            await self.backplane.append(message(f"m{number}", room="dev"))
            for _ in range(3):
                await self.backplane.join(joining("dev", BOB))
                await self.backplane.leave(leaving("dev", BOB))
        seen: list[int] = []
        before: int | None = None
        while before is None or page.more:  # noqa: F821
            page = await self.backplane.history("dev", before=before, after=None, limit=3)
            assert page.entries, "no progress"
            seen[:0] = [entry.position.offset for entry in page.entries]
            before = seen[0]
        assert len(seen) == 20

    async def test_only_so_many_messages_are_kept_however_many_others_there_are(self) -> None:
        await self._append(message("old"), reaction(1, "👍"))
        for number in range(0, 2 * self.keep, 32):
            await asyncio.gather(
                *(self.backplane.append(message(f"m{number + n}")) for n in range(32))
            )
        shown = await self._shown()
        assert self.keep <= len(shown) < self.keep + TRIM_STEP
        assert shown[-1].text == f"m{2 * self.keep - 1}"
        assert await self.backplane.entry(LOBBY, 1) is None

    async def test_a_reader_is_given_what_stands_before_a_gap_and_then_loads_anew(self) -> None:
        await self._append(message("m"))
        for _ in range((self.keep + 2 * TRIM_STEP) // 20):
            await asyncio.gather(
                *(self.backplane.append(reaction(1, "👍", on=n % 2 == 0)) for n in range(20))
            )
        epoch = (await self.lobby()).epoch
        page = await self.backplane.read(LOBBY, Position(epoch, 0), limit=10)
        assert ([e.position.offset for e in page.entries], page.more) == ([1], True)
        with self.assertRaises(ResyncNeeded):
            await self.backplane.read(LOBBY, page.entries[-1].position, limit=10)

    # Pages of history

    async def test_a_page_of_history_is_limited_by_bytes_and_says_truly_if_there_is_more(
        self,
    ) -> None:
        size = 10_000
        count = 3 * HISTORY_BYTES // (2 * size)
        for number in range(count):
            await self._append(message("x" * size, key=f"{number}"))
        for is_forward in (False, True):
            seen: list[int] = []
            bound: int | None = 0 if is_forward else None
            more = True
            while more:
                page = await self.backplane.history(
                    LOBBY,
                    before=None if is_forward else bound,
                    after=bound if is_forward else None,
                    limit=200,
                )
                more = page.more
                assert sum(len(e.body) for e in page.entries) < HISTORY_BYTES + 3 * size
                assert page.entries
                offsets = [entry.position.offset for entry in page.entries]
                seen = seen + offsets if is_forward else offsets + seen
                bound = offsets[-1] if is_forward else offsets[0]
            assert seen == list(range(1, count + 1))
        one = await self.backplane.history(LOBBY, before=None, after=None, limit=200, limit_bytes=1)
        assert ([e.position.offset for e in one.entries], one.more) == ([count], True)

    async def _append(self, *drafts: Draft) -> None:
        for draft in drafts:
            assert (await self.backplane.append(draft)).is_new

    async def _refusal(self, draft: Draft) -> str:
        with self.assertRaises(ChatError) as caught:
            await self.backplane.append(draft)
        return str(caught.exception.code)

    async def _all(self) -> Sequence[Entry]:
        epoch = (await self.lobby()).epoch
        page = await self.backplane.read(LOBBY, Position(epoch, 0), limit=1000)
        assert not page.more
        return page.entries

    async def _shown(self) -> list[Message]:
        found: list[Message] = []
        before: int | None = None
        while before is None or page.more:  # noqa: F821
            page = await self.backplane.history(LOBBY, before=before, after=None, limit=200)
            found = fold(page.entries, page.reactions) + found
            before = found[0].offset if found else 0
        return found

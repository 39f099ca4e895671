"""What is found is what the log has now and the person may read, whatever the index says."""

from chat.accounts.rate_limits import BURST
from chat.errors import InvalidInput, Refused, Unavailable
from chat.protocol.codes import Code
from chat.protocol.entries import FileInfo, MessageBody
from chat.protocol.pushes import Person
from chat.rooms import LOBBY
from chat.rooms.permissions import Guests
from chat.rooms.search import Candidate, Found, Index, Places
from chat.rooms.search_query import Query
from chat.service.search import COST, Search
from tests.contract.backplane_contract import message
from tests.unit.service.rooms_test import ADA, BOB, CY, HERE, ROOT, STRANGER, RoomsTest


class WrongIndex(Index):
    """Takes every place for one where the words are, whoever asks; some that never were, too."""

    def __init__(self) -> None:
        self.all: list[tuple[str, int]] = []
        self.most = 1000  # that it looks at in one answer
        self.asked: list[Places] = []

    async def find(self, query: Query, places: Places, *, below: int | None, limit: int) -> Found:
        self.asked.append(places)
        numbered = list(enumerate(self.all, 1))[::-1]
        left = [Candidate(id_, *place) for id_, place in numbered if below is None or id_ < below]
        taken = left[: min(limit, self.most)]
        return Found(taken, taken[-1].id if len(taken) < len(left) else None, True)


class SearchTest(RoomsTest):
    async def asyncSetUp(self) -> None:
        self.index = WrongIndex()
        await super().asyncSetUp()

    @property
    def search(self) -> Search:
        assert self.service.search is not None
        return self.service.search

    async def say(self, person: Person, room: str, text: str) -> int:
        offset = await self.send(person, room, f"k{len(self.index.all)}", text)
        self.index.all.append((room, offset))
        return offset

    async def found(self, person: Person, text: str, **more: object) -> list[str]:
        results = await self.search.find(
            person.user,
            text,
            limit=50,
            address=HERE,
            **more,  # type: ignore[arg-type]
        )
        return [result.message.text for result in results.results]


class TestPermissions(SearchTest):
    async def test_only_members_find_what_was_said_since_they_came(self) -> None:
        room = await self.create()
        await self.say(ADA, room, "apple before")
        await self.ok(ADA, "invite", room=room, user="bob")
        await self.say(ADA, room, "apple after")
        self.assertEqual(await self.found(ADA, "apple"), ["apple after", "apple before"])
        self.assertEqual(await self.found(BOB, "apple"), ["apple after"])
        for person in (CY, ROOT, STRANGER):
            self.assertEqual(await self.found(person, "apple"), [])
        await self.ok(ADA, "kick", room=room, user="bob")
        self.assertEqual(await self.found(BOB, "apple"), [])

    async def test_a_room_that_one_may_not_read_is_an_unknown_one(self) -> None:
        room = await self.create()
        await self.say(ADA, room, "apple")
        for person in (CY, ROOT, STRANGER):
            for more in ({"room": room}, {"room": "p-abcdefghijkmnpqr"}):
                with self.assertRaises(Refused) as caught:
                    await self.found(person, "apple", **more)
                self.assertEqual(caught.exception.code, Code.NO_SUCH_ROOM)
                self.assertEqual(caught.exception.message, f"There is no room {more['room']}.")
            with self.assertRaises(Refused):
                await self.found(person, f"apple in:{room}")

    async def test_where_to_look_is_public_rooms_and_ones_own(self) -> None:
        private, unlisted = await self.create(), await self.create(access="unlisted")
        await self.found(ADA, "apple")
        await self.found(CY, "apple")
        self.guests = Guests.OFF
        await self.found(STRANGER, "apple")
        ada, cy, stranger = self.index.asked
        self.assertEqual((ada.has_public, set(ada.since)), (True, {LOBBY, private, unlisted}))
        self.assertEqual((cy.has_public, set(cy.since)), (True, {LOBBY}))
        self.assertEqual(stranger.has_public, False)


class TestResults(SearchTest):
    async def test_what_is_deleted_or_replaced_is_not_found(self) -> None:
        one, two = [await self.say(ADA, LOBBY, f"apple {n}") for n in ("one", "two")]
        await self.ok(ADA, "delete", room=LOBBY, offset=one)
        await self.ok(ADA, "edit", room=LOBBY, offset=two, text="pear two")
        self.assertEqual(await self.found(ADA, "apple"), [])
        self.assertEqual(await self.found(ADA, "pear"), ["pear two"])
        self.index.all.append((LOBBY, 999))
        self.index.all.append(("gone", 1))
        self.assertEqual(await self.found(ADA, "pear"), ["pear two"])

    async def test_everything_in_a_query_has_to_be_true(self) -> None:
        await self.say(ADA, LOBBY, "green apple")
        await self.say(BOB, LOBBY, "apple green")
        self.assertEqual(await self.found(CY, '"green apple"'), ["green apple"])
        self.assertEqual(await self.found(CY, "apple from:bob"), ["apple green"])
        self.assertEqual(await self.found(CY, "apple", author="ada"), ["green apple"])
        self.assertEqual(await self.found(CY, "apple from:ada from:bob"), [])
        self.assertEqual(len(await self.found(CY, "gre*")), 2)

    async def test_a_room_is_named_by_its_name_or_its_title(self) -> None:
        room = await self.create()
        await self.ok(ADA, "set", room=room, title="Tea time")
        self.pass_time()
        await self.say(ADA, room, "apple")
        for query in ('apple in:"tea TIME"', f"apple in:#{room}"):
            self.assertEqual(await self.found(ADA, query), ["apple"])
            self.assertEqual(set(self.index.asked[-1].since), {room})
        for query, code in (("in:nowhere", Code.NO_SUCH_ROOM), ('in:"no room"', Code.BAD_ROOM)):
            with self.assertRaises((Refused, InvalidInput)) as caught:
                await self.found(ADA, query)
            self.assertEqual(caught.exception.code, code)  # type: ignore[attr-defined]

    async def test_pages_go_on_where_the_last_one_ended(self) -> None:
        for number in range(7):
            await self.say(ADA, LOBBY, f"apple {number}")
        self.index.most = 2  # so that a page takes several answers
        pages, before = [], ""
        while not pages or before:
            page = await self.search.find("ada", "apple", limit=3, before=before, address=HERE)
            pages.append([result.message.text for result in page.results])
            before = page.before or ""
        self.assertEqual(
            pages,
            [["apple 6", "apple 5", "apple 4"], ["apple 3", "apple 2", "apple 1"], ["apple 0"]],
        )

    async def test_a_page_may_end_early_where_nothing_is_to_be_shown(self) -> None:
        self.index.all = [(LOBBY, 1000 + number) for number in range(100)]
        self.index.most = 1
        page = await self.search.find("ada", "apple", limit=3, address=HERE)
        self.assertEqual(page.results, [])
        self.assertIsNotNone(page.before)

    async def test_a_page_of_long_messages_ends_early(self) -> None:
        for number in range(50):
            await self.say(ADA, LOBBY, f"apple {number} " + "word " * 600)
            self.pass_time(60)
        page = await self.search.find("ada", "apple", limit=50, address=HERE)
        self.assertLess(len(page.results), 40)
        self.assertIsNotNone(page.before)

    async def test_the_names_of_files_are_part_of_what_a_message_says(self) -> None:
        draft = message("as promised", person=ADA)
        assert isinstance(draft.body, MessageBody)
        draft.body.files = [FileInfo(id="0a" * 16, name="Garden plan.pdf", type="", bytes=1)]
        offset = (await self.backplane.append(draft)).position.offset
        self.index.all.append((LOBBY, offset))
        page = await self.search.find("bob", "promised garden", limit=9, address=HERE)
        self.assertEqual(
            [list(result.excerpt) for result in page.results],
            [["as ", "promised", " ", "Garden", " plan.pdf"]],
        )

    async def test_nothing_finds_nothing_and_bad_bounds_are_refused(self) -> None:
        await self.say(ADA, LOBBY, "apple")
        self.assertEqual(await self.found(ADA, ' "" !'), [])
        self.assertEqual(self.index.asked, [])
        for before in ("soon", "1" * 20, "-1"):
            with self.assertRaises(InvalidInput):
                await self.found(ADA, "apple", before=before)


class TestLimits(SearchTest):
    has_rate_limits = True

    async def test_searches_are_limited_as_commands_are(self) -> None:
        for _ in range(int(BURST / COST)):
            await self.found(CY, "")
        with self.assertRaises(Unavailable) as caught:
            await self.found(CY, "")
        self.assertEqual(caught.exception.code, Code.RATE_LIMITED)

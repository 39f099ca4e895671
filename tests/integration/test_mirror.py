"""The mirror puts each entry into a stream of NATS, once and in order, whatever fails."""

import json
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from nats.aio.msg import Msg
from nats.js.api import DiscardPolicy, StreamConfig

from chat.backplane.records import Draft
from chat.followers.mirror.follower import CURSOR, MirrorFollower
from chat.followers.mirror.nats import NatsStream
from chat.followers.mirror.stream import StreamAway
from chat.protocol.entries import DeletedBody
from chat.rooms import LOBBY
from chat.settings.mirror_url import MirrorUrl
from tests.contract.backplane_contract import joining
from tests.support.mirror_case import MirrorCase, begin
from tests.support.nats_accounts import make_accounts
from tests.support.nats_server import NatsServer, run_nats
from tests.support.tls import make_certificate
from tests.unit.fakes import ADA, TIME

ROOM, PRIVATE = "garden", "p-aaaaaaaaaaaaaaaa"


@pytest.fixture(scope="module")
def nats() -> Iterator[NatsServer]:
    with run_nats() as server:
        yield server


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(range(1000))


class TestMirror(MirrorCase):
    @pytest.fixture(autouse=True)
    def given(self, nats: NatsServer, numbers: Iterator[int]) -> None:
        self.nats = nats
        self.target = f"chat.t{next(numbers)}"

    def follower(self, *, url: str = "", has_all_rooms: bool = False) -> MirrorFollower:
        stream = NatsStream(MirrorUrl.parse(url or f"{self.nats.url}/{self.target}"))
        return self.mirror(stream, has_all_rooms=has_all_rooms)

    async def sent(self) -> list[Msg]:
        return await self.nats.messages(f"{self.target}.*")

    async def offsets(self, room: str = LOBBY) -> list[int]:
        return [
            json.loads(one.data)["offset"]
            for one in await self.sent()
            if one.subject == f"{self.target}.{room}"
        ]

    async def assert_has_all(self, room: str = LOBBY) -> None:
        top = (await self.backplane.positions([room]))[room]
        assert await self.offsets(room) == list(range(1, top.offset + 1))

    # What is mirrored

    async def test_each_entry_is_sent_as_the_push_that_it_is_with_its_position_as_the_id(
        self,
    ) -> None:
        (at,) = await self.say("hello")
        await self.follow_to_the_end(self.follower())
        sent = (await self.sent())[-1]
        entry = await self.backplane.entry(LOBBY, at.offset)
        assert entry is not None
        assert sent.data == entry.encode()
        assert sent.headers is not None
        assert sent.headers["Nats-Msg-Id"] == f"{LOBBY}:{at.epoch}:{at.offset}"

    async def test_a_deletion_is_an_entry_and_the_text_is_not_sent_if_it_was_gone_before(
        self,
    ) -> None:
        _, gone = await self.say("stays", "leaked")
        body = DeletedBody(user=ADA.user, name=ADA.name, time=TIME, target=gone.offset)
        await self.backplane.append(Draft(room=LOBBY, user=ADA.user, body=body))
        await self.follow_to_the_end(self.follower())
        sent = [json.loads(one.data) for one in await self.sent()]
        assert [(one["type"], one.get("target")) for one in sent][-3:] == [
            ("message", None),
            ("message", None),
            ("deleted", gone.offset),
        ]
        assert [one.get("text") for one in sent[-3:]] == ["stays", "", None]

    async def test_only_public_rooms_are_mirrored_unless_all_are_and_then_from_there_on(
        self,
    ) -> None:
        for room in (ROOM, PRIVATE):
            await self.backplane.join(joining(room))
        await self.say("one", room=PRIVATE)
        await self.follow_to_the_end(self.follower())
        await self.assert_has_all(ROOM)
        assert await self.offsets(PRIVATE) == []
        (at,) = await self.say("two", room=PRIVATE)
        await self.follow_to_the_end(self.follower(has_all_rooms=True))
        assert await self.offsets(PRIVATE) == [at.offset]

    # Once and in order

    async def test_what_was_acknowledged_before_the_cursor_was_stored_is_not_sent_again(
        self,
    ) -> None:
        await self.say(*map(str, range(20)))
        before = await self.backplane.values.all(CURSOR)
        assert not before
        await self.follow_to_the_end(self.follower())
        await self.backplane.values.clear(CURSOR)
        await self.say("another")
        await self.follow_to_the_end(self.follower())
        await self.assert_has_all()

    async def test_one_that_goes_on_beside_another_appends_nothing_between(self) -> None:
        await self.say("one")
        former, start = self.follower(), (await self.backplane.positions([LOBBY]))[LOBBY]
        start = start._replace(offset=0)
        await begin(former, LOBBY, start)
        first = await self.backplane.read(LOBBY, start, limit=10)
        await former.handle({LOBBY: first.entries})
        missed = await self.say("two", "three")
        await self.follow_to_the_end(self.follower())
        await self.say("four")
        later = await self.backplane.read(LOBBY, missed[-1], limit=10)
        with pytest.raises(StreamAway, match="another instance or program has appended"):
            await former.handle({LOBBY: later.entries})
        await former.close()
        await self.follow_to_the_end(self.follower())
        await self.assert_has_all()

    async def test_where_others_append_to_the_stream_too_it_goes_on_one_by_one(self) -> None:
        others = f"{self.target}-others"
        follower, start = self.follower(), (await self.backplane.positions([LOBBY]))[LOBBY]
        start = start._replace(offset=0)
        async with self.nats.jetstream() as jetstream:
            subjects = [f"{self.target}.*", others]
            await jetstream.add_stream(name="shared", subjects=subjects)
            await self.say("one", "two", "three")
            await begin(follower, LOBBY, start)
            page = await self.backplane.read(LOBBY, start, limit=10)
            await follower.handle({LOBBY: page.entries})
            await jetstream.publish(others, b"")
            await self.say("four", "five", "six")
            page = await self.backplane.read(LOBBY, page.entries[-1].position, limit=10)
            with pytest.raises(StreamAway, match="another instance or program has appended"):
                await follower.handle({LOBBY: page.entries})
            await follower.close()
            await self.follow_to_the_end(follower)
            await jetstream.purge_stream("shared", subject=others)
            await self.assert_has_all()
            await jetstream.delete_stream("shared")

    async def test_what_the_stream_has_lost_at_its_end_is_sent_again(self) -> None:
        with run_nats() as self.nats:
            await self.say("one", "two")
            await self.follow_to_the_end(self.follower())
            with self.nats.losing_what_comes():
                await self.say("three", "four")
                await self.follow_to_the_end(self.follower())
            await self.say("five")
            with self.assertLogs("chat.followers.runner", "WARNING") as logged:
                await self.follow_to_the_end(self.follower())
            assert "has lost the newest entries" in logged.output[0]
            await self.assert_has_all()

    async def test_a_stream_that_was_emptied_goes_on_where_it_was(self) -> None:
        await self.say("one", "two")
        await self.follow_to_the_end(self.follower())
        async with self.nats.jetstream() as jetstream:
            await jetstream.purge_stream(self.target.replace(".", "_"))
        (at,) = await self.say("three")
        await self.follow_to_the_end(self.follower())
        assert await self.offsets() == [at.offset]

    async def test_what_was_trimmed_is_left_out_and_all_that_is_kept_is_sent(self) -> None:
        positions = await self.say(*map(str, range(10)))
        await self.follow_to_the_end(self.follower())
        more = await self.say(*map(str, range(10, 40)))
        before = (await self.backplane.entry(LOBBY, more[20].offset)) is not None
        assert before
        while await self.backplane.trim(LOBBY, keep=12, before=None):
            pass
        kept = [
            one.offset
            for one in (*positions, *more)
            if await self.backplane.entry(LOBBY, one.offset) is not None
        ]
        assert positions[-1].offset + 1 < kept[0]
        await self.follow_to_the_end(self.follower())
        assert await self.offsets() == [*range(1, positions[-1].offset + 1), *kept]
        await self.say("last")
        await self.follow_to_the_end(self.follower())
        assert len(await self.offsets()) == positions[-1].offset + len(kept) + 1

    # Where it is away or refuses

    async def test_while_nats_is_away_it_waits_and_says_once_how_far_behind_it_is(self) -> None:
        with run_nats() as self.nats:
            self.nats.kill()
            await self.say("one", "two")
            with self.assertLogs("chat.followers.runner", "WARNING") as logged:
                runner = await self.follow(self.follower())
                await self.until_failed(runner, times=2)
                assert runner.metrics.lag_entries == 2
            assert len(logged.output) == 1
            assert f"{self.nats.url}/{self.target}: " in logged.output[0]
            self.nats.start()
            await self.until_at_the_end()
            await runner.stop()
            await self.assert_has_all()

    async def test_a_full_stream_or_one_that_takes_no_such_message_waits_for_its_operator(
        self,
    ) -> None:
        name, subjects = self.target.replace(".", "_"), [f"{self.target}.*"]
        limits = {
            "maximum messages exceeded": StreamConfig(max_msgs=3, discard=DiscardPolicy.NEW),
            "raise its max_payload or max_msg_size": StreamConfig(max_msg_size=20),
        }
        await self.say("one", "two", "three", "four")
        for said, config in limits.items():
            async with self.nats.jetstream() as jetstream:
                await jetstream.add_stream(config, name=name, subjects=subjects)
                with self.assertLogs("chat.followers.runner", "WARNING") as logged:
                    runner = await self.follow(self.follower())
                    await self.until_failed(runner)
                assert said in logged.output[0]
                assert f"{LOBBY}:" in logged.output[0]
                await jetstream.update_stream(name=name, subjects=subjects)
                await self.until_at_the_end()
                await runner.stop()
                await self.assert_has_all()
                await jetstream.delete_stream(name)
                await self.backplane.values.clear(CURSOR)

    # Who may come in

    async def test_a_password_or_a_token_opens_nats_and_is_told_to_nobody(self) -> None:
        await self.say("one")
        secret = "s3/cr3t"
        users = f'authorization {{ user: u, password: "{secret}" }}'
        token = f'authorization {{ token: "{secret}" }}'
        ways = ((users, "u:s3%2Fcr3t", {"user": "u", "password": secret}),)
        for config, user, options in (*ways, (token, "s3%2Fcr3t", {"token": secret})):
            with run_nats(config) as self.nats:
                url = f"nats://{{}}@127.0.0.1:{self.nats.port}/{self.target}"
                follower = self.follower(url=url.format("u:wrong"))
                with self.assertLogs("chat.followers.runner", "WARNING") as logged:
                    runner = await self.follow(follower)
                    await self.until_failed(runner)
                    await runner.stop()
                assert "Authorization Violation" in logged.output[0]
                assert "wrong" not in logged.output[0]
                await self.follow_to_the_end(self.follower(url=url.format(user)))
                assert await self.nats.messages(f"{self.target}.*", **options)
                await self.backplane.values.clear(CURSOR)

    async def test_a_file_with_credentials_opens_nats(self) -> None:
        await self.say("one")
        config, credentials = make_accounts()
        with tempfile.TemporaryDirectory() as folder, run_nats(config) as self.nats:
            path, url = Path(folder) / "user.creds", f"{self.nats.url}/{self.target}"
            path.write_text("")
            for refused in (url, f"{url}?credentials={path}", f"{url}?credentials={folder}/none"):
                stream = NatsStream(MirrorUrl.parse(refused))
                with pytest.raises(StreamAway, match="Authorization|does not hold|No such file"):
                    await stream.open()
                await stream.close()
            path.write_text(credentials)
            await self.follow_to_the_end(self.follower(url=f"{url}?credentials={path}"))

    async def test_with_tls_nothing_is_sent_without_it(self) -> None:
        await self.say("one")
        # Python complains of how nats-py handles the end of a connection by the other side.
        complaints = logging.getLogger("asyncio")
        self.addCleanup(complaints.setLevel, complaints.level)
        complaints.setLevel(logging.ERROR)
        with tempfile.TemporaryDirectory() as folder, run_nats() as self.nats:
            certificate = make_certificate(Path(folder))
            url = f"nats+tls://u:secret@localhost:{self.nats.port}/{self.target}"
            stream = NatsStream(MirrorUrl.parse(url))
            with pytest.raises(StreamAway, match="secure connection not available"):
                await stream.open()
            await stream.close()
            self.nats.kill()
            self.nats.configure(f'tls {{ cert_file: "{certificate}", key_file: "{certificate}" }}')
            self.nats.start()
            with pytest.raises(StreamAway, match="certificate verify failed"):
                await stream.open()
            await stream.close()
            with pytest.MonkeyPatch.context() as patched:
                patched.setenv("SSL_CERT_FILE", str(certificate))
                await self.follow_to_the_end(self.follower(url=url))

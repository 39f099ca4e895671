"""What was missed is read from the log: by CHATHISTORY, or at once when one comes back."""

import re

from tests.irc.conftest import IrcServer
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.irc import MODERN, IrcClient
from tests.support.members import PASSWORD, Member


async def say(client: Client, *texts: str, room: str = "general") -> list[str]:
    """Send ``texts``; return the ids of the messages."""
    found = []
    for text in texts:
        reply = await client.command(type="send", room=room, text=text, key=f"{room}-{text}")
        assert reply["type"] == "ok", reply
        found.append(f"{room}:{reply['epoch']}:{reply['offset']}")
    return found


async def history(client: IrcClient, request: str) -> list[str]:
    """Return the texts of the messages in the answer."""
    client.send(f"CHATHISTORY {request}")
    opening = await client.expect(r"BATCH \+\S+ chathistory ")
    reference = opening.split(" BATCH +")[1].split(" ")[0]
    texts = []
    while not (line := await client.line()).endswith(f"BATCH -{reference}"):
        assert f"batch={reference}" in line
        texts.append(re.sub(r".* PRIVMSG \S+ :?", "", line))
    return texts


@in_a_loop(10)
async def test_history_is_paged_by_ids_and_times(server: IrcServer) -> None:
    async with Member(server.url) as member:
        await member.sign_up("Hist")
        await member.command(type="join", room="hist")
        ids = await say(member, "one", "two", "three", "four", "five", room="hist")
        caps = MODERN.replace("draft/event-playback", "")
        async with IrcClient.member(server.port, "Hist", PASSWORD, caps=caps) as client:
            assert await history(client, "LATEST #hist * 2") == ["four", "five"]
            assert await history(client, f"LATEST #hist msgid={ids[2]} 9") == ["four", "five"]
            assert await history(client, f"BEFORE #hist msgid={ids[2]} 1") == ["two"]
            assert await history(client, f"AFTER #hist msgid={ids[1]} 2") == ["three", "four"]
            assert await history(client, f"AFTER #hist msgid={ids[4]} 9") == []
            assert await history(client, f"AROUND #hist msgid={ids[2]} 3") == [
                "two",
                "three",
                "four",
            ]
            between = f"BETWEEN #hist msgid={ids[0]} msgid={ids[4]}"
            assert await history(client, f"{between} 9") == ["two", "three", "four"]
            between = f"BETWEEN #hist msgid={ids[4]} msgid={ids[0]}"
            assert await history(client, f"{between} 2") == ["three", "four"]
            client.send(f"CHATHISTORY AROUND #hist msgid={ids[2]} 1")
            time = re.search("time=([^; ]+)", await client.expect("PRIVMSG #hist three"))
            assert time is not None
            assert (await history(client, f"AFTER #hist timestamp={time[1]} 9"))[-1] == "five"
            assert "three" not in await history(client, f"AFTER #hist timestamp={time[1]} 9")
            long_ago = "timestamp=2020-01-01T00:00:00.000Z"
            assert await history(client, f"AFTER #hist {long_ago} 1") == ["one"]
            client.send(f"CHATHISTORY TARGETS {long_ago} timestamp=2099-01-01T00:00:00.000Z 100")
            await client.expect("CHATHISTORY TARGETS #hist 2")


@in_a_loop(10)
async def test_a_page_has_as_many_messages_as_were_asked_for_whatever_was_deleted(
    server: IrcServer,
) -> None:
    """A client takes a shorter page for the end, and would never show what comes after it."""
    async with Member(server.url) as member:
        await member.sign_up("Dell")
        await member.command(type="join", room="dell")
        ids = await say(member, *"abcdefg", room="dell")
        for number in (1, 2, 4):
            offset = int(ids[number].rpartition(":")[2])
            await member.command(type="delete", room="dell", offset=offset)
        async with IrcClient.member(server.port, "Dell", PASSWORD, caps=MODERN) as client:
            assert await history(client, f"AFTER #dell msgid={ids[0]} 2") == ["d", "f"]
            assert await history(client, f"BEFORE #dell msgid={ids[5]} 2") == ["a", "d"]
            assert await history(client, f"AFTER #dell msgid={ids[1]} 9") == ["d", "f", "g"]


@in_a_loop(10)
async def test_history_has_events_for_clients_that_want_them(server: IrcServer) -> None:
    async with Member(server.url) as owner, Member(server.url) as other:
        await owner.sign_up("Olga")
        await other.sign_up("Pavel")
        made = await owner.command(type="create", title="Evs", access="public", room="evs")
        assert made["type"] == "ok", made
        await owner.command(type="invite", room="evs", user=other.user)
        await say(owner, "one", room="evs")
        await owner.command(type="set", room="evs", topic="tea", is_locked=True)
        await owner.command(type="kick", room="evs", user=other.user, reason="spam")
        await say(owner, "two", room="evs")
        async with IrcClient.member(server.port, "Olga", PASSWORD, caps=MODERN) as client:
            await client.expect(" 366 Olga #evs ")
            client.send("CHATHISTORY LATEST #evs * 20")
            for line in (
                "Olga!.* JOIN #evs",
                "Olga!.* TOPIC #evs Evs",
                "Pavel!.* JOIN #evs",
                "PRIVMSG #evs one",
                "Olga!.* TOPIC #evs tea",
                "MODE #evs \\+m",
                "Olga!.* KICK #evs Pavel spam",
                "PRIVMSG #evs two",
            ):
                assert "msgid=evs:" in await client.expect(line)
            topic = next(line for line in client.seen if "TOPIC #evs tea" in line)
            found = re.search("time=([^; ]+)", topic)
            assert found is not None
            at = f"timestamp={found[1]}"
            client.send(f"CHATHISTORY AFTER #evs {at} 20")
            await client.expect("BATCH \\+")
            assert "MODE" not in await client.expect("PRIVMSG #evs|KICK #evs")
            await client.expect("PRIVMSG #evs two")
            client.send(f"CHATHISTORY BEFORE #evs {at} 20", "PING before")
            await client.expect("PRIVMSG #evs one")
            assert "TOPIC #evs tea" not in await client.expect("TOPIC #evs tea|PONG .*before")
            client.send("CHATHISTORY BEFORE #evs timestamp=2099-01-01T00:00:00.000Z 2")
            await client.expect("KICK #evs Pavel spam")
            await client.expect("PRIVMSG #evs two")
            client.send("CHATHISTORY LATEST #evs * 2")
            await client.expect("KICK #evs Pavel spam")
            await client.expect("PRIVMSG #evs two")
        async with IrcClient.member(server.port, "Pavel", PASSWORD, caps=MODERN) as client:
            client.send("CHATHISTORY LATEST #p-aaaaaaaaaaaaaaaa * 20")
            await client.expect("FAIL CHATHISTORY INVALID_TARGET")


@in_a_loop(10)
async def test_history_that_can_not_be_had_is_refused(server: IrcServer) -> None:
    async with IrcClient.guest(server.port, "hugo", caps=MODERN) as client:
        for request, code in (
            ("LATEST #nowhere * 9", "INVALID_TARGET"),
            ("LATEST #p-aaaaaaaaaaaaaaaa * 9", "INVALID_TARGET"),
            ("LATEST stranger * 9", "INVALID_TARGET"),
            ("LATEST #general msgid=nonsense 9", "INVALID_PARAMS"),
            ("LATEST #general timestamp=now 9", "INVALID_PARAMS"),
            ("LATEST #general * many", "INVALID_PARAMS"),
            ("WHATEVER #general * 9", "INVALID_PARAMS"),
        ):
            client.send(f"CHATHISTORY {request}")
            await client.expect(f"FAIL CHATHISTORY {code} ")
    async with IrcClient.guest(server.port, "ines") as client:
        client.send("CHATHISTORY LATEST #general * 9")
        await client.expect(" 421 ines CHATHISTORY ")


@in_a_loop(20)
async def test_a_client_that_asks_for_no_history_gets_what_it_missed(server: IrcServer) -> None:
    async with Member(server.url) as member, Client(server.url) as other:
        name = await member.sign_up("Jane")
        async with IrcClient.member(server.port, f"{name}@desk", PASSWORD) as client:
            await say(other, "seen")
            await client.expect("PRIVMSG #general seen")
            client.send("QUIT")
            await client.until_closed()
        await say(other, "missed 1", "missed 2")
        async with IrcClient.member(server.port, f"{name}@desk", PASSWORD) as client:
            await client.expect("PRIVMSG #general :missed 1")
            await client.expect("PRIVMSG #general :missed 2")
            assert not [line for line in client.seen if line.endswith(" seen")]
        async with IrcClient.member(server.port, f"{name}@phone", PASSWORD) as client:
            await say(other, "now")
            await client.expect("PRIVMSG #general now")
            assert not [line for line in client.seen if "missed" in line]


@in_a_loop(10)
async def test_how_far_one_has_read_is_the_same_everywhere(server: IrcServer) -> None:
    async with Member(server.url) as member, Client(server.url) as other:
        name = await member.sign_up("Kaja")
        async with IrcClient.member(server.port, name, PASSWORD, caps=MODERN) as client:
            (msgid,) = await say(other, "to be read")
            line = await client.expect("PRIVMSG #general :to be read")
            found = re.search("time=([^; ]+)", line)
            assert found is not None
            client.send(f"MARKREAD #general timestamp={found[1]}")
            await client.expect(f"MARKREAD #general timestamp={found[1]}")
            rooms = (await member.must("GET", "/api/rooms"))["rooms"]
            assert next(r for r in rooms if r["room"] == "general")["unread"] == 0
            (second,) = await say(other, "read elsewhere")
            offset = int(second.rpartition(":")[2])
            await member.command(type="read", room="general", offset=offset)
            await client.expect(r"MARKREAD #general timestamp=(?!" + re.escape(found[1]) + ")")
            client.send(
                "MARKREAD #general timestamp=soon",
                f"MARKREAD #p-aaaaaaaaaaaaaaaa timestamp={found[1]}",
            )
            await client.expect("FAIL MARKREAD INVALID_PARAMS")
            await client.expect("FAIL MARKREAD INVALID_TARGET")

"""Who is there or away, and under which nick."""

import asyncio
import re

from tests.irc.conftest import IrcServer
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.irc import IrcClient


@in_a_loop(10)
async def test_who_is_away_is_shown_so_to_all(server: IrcServer) -> None:
    web = Client(server.url)
    async with web:
        await web.post("/login", "name=Watcher")
    async with (
        web.reading("websocket"),
        IrcClient.guest(server.port, "awa") as awa,
        IrcClient.guest(server.port, "bel", caps="away-notify") as bel,
    ):
        await awa.expect(":bel!.* JOIN #general")
        awa.send("AWAY :\x02at\x02 lunch")
        await awa.expect(" 306 awa :")
        await bel.expect(":awa!.* AWAY :at lunch")
        shown = await web.until(lambda push: any("away" in one for one in push.get("users") or ()))
        assert [one["away"] for one in shown["users"] if one["name"] == "awa"] == ["at lunch"]
        bel.send("PRIVMSG awa :hello", "NOTICE awa :no answer", "PING x")
        assert len([line for line in await bel.sync() if " 301 bel awa :at lunch" in line]) == 1
        bel.send("JOIN #lunch")
        await bel.expect(" 366 .* #lunch ")
        awa.send("JOIN #lunch", "AWAY")
        await bel.expect(":awa!.* JOIN #lunch")
        await bel.expect(":awa!\\S+ AWAY$")
        bel.send("PRIVMSG awa :hello", "WHO awa")
        await bel.expect(" 352 .* awa H ")
        awa.send(f"AWAY :{'x' * 200}", "WHOIS awa")
        assert (await awa.expect(" 301 awa awa ")).endswith(f" {'x' * 100}")


@in_a_loop(10)
async def test_a_new_nick_is_told_at_once_and_before_what_is_said(server: IrcServer) -> None:
    async with (
        IrcClient.guest(server.port, "nic") as nic,
        IrcClient.guest(server.port, "obs") as obs,
    ):
        for client in (nic, obs):
            client.send("JOIN #nicks")
            await client.expect(" 366 .* #nicks ")
        nic.send("NICK nic2", "NICK nic3", "PRIVMSG #nicks :one", "NICK nic4", "NICK nic5")
        known = "nic"
        while known != "nic5":  # some changes may be told as one, but each from what is known
            found = re.match(r":(\S+)!\S+ NICK (\S+)", await obs.line())
            if found is not None:
                assert found[1] == known
                known = found[2]


@in_a_loop(10)
async def test_a_guest_has_the_nick_of_one_who_has_gone(server: IrcServer) -> None:
    async with IrcClient.guest(server.port, "stayer", caps="draft/chathistory batch") as stayer:
        async with IrcClient.guest(server.port, "again") as again:
            await stayer.expect(":again!.* JOIN #general")
            again.send("PRIVMSG #general :I was here")
            await stayer.expect(":again!.* PRIVMSG #general")
        await stayer.expect(":again!.* QUIT :")
        stayer.send("CHATHISTORY LATEST #general * 10")
        await stayer.expect(":again!.* PRIVMSG #general")  # which gives the nick to who has gone
        for _ in range(3):  # also at once
            async with IrcClient.guest(server.port, "again") as again:
                assert again.nick == "again"


@in_a_loop(20)
async def test_a_crowd_that_comes_together_sees_all(server: IrcServer) -> None:
    names = [f"crowd{number}" for number in range(60)]

    async def come(name: str) -> None:
        async with IrcClient.guest(server.port, name) as client:
            client.send("JOIN #crowd")
            await client.expect(" 366 .* #crowd ")
            shown = set()
            joined.append(name)
            if len(joined) == len(names):
                all_in.set()
            await all_in.wait()
            await client.sync()
            for line in client.seen:
                if " 353 " in line and " #crowd " in line:
                    shown |= set(re.sub("[:@]", "", line.partition(" #crowd ")[2]).split())
                elif " JOIN #crowd" in line:
                    shown.add(line[1:].partition("!")[0])
            assert shown == set(names)
            seen.append(name)
            if len(seen) == len(names):
                all_seen.set()
            await all_seen.wait()

    joined: list[str] = []
    seen: list[str] = []
    all_in, all_seen = asyncio.Event(), asyncio.Event()
    await asyncio.gather(*map(come, names))


@in_a_loop(10)
async def test_a_list_of_monitored_nicks_fits_into_lines(server: IrcServer) -> None:
    async with IrcClient.guest(server.port, "lister") as lister:
        nicks = [f"{number:0>30}" for number in range(100)]
        for begin in range(0, 100, 10):
            lister.send(f"MONITOR + {','.join(f'n{nick}' for nick in nicks[begin : begin + 10])}")
        lister.send("MONITOR L")
        lines = await lister.sync()
        assert all(len(line.encode()) <= 510 for line in lines)
        listed = [line.split(" :")[-1].split(" ")[-1] for line in lines if " 732 " in line]
        assert sorted(nick for line in listed for nick in line.split(",")) == sorted(
            f"n{nick}" for nick in nicks
        )

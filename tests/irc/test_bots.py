"""A bot signs in with its token, and is marked by IRCv3's bot mode."""

import json
from typing import Any

import pytest

from tests.irc.conftest import IrcServer
from tests.support.aio import in_a_loop
from tests.support.irc import MODERN, IrcClient
from tests.support.members import Member


@pytest.fixture(scope="module")
def owner(server: IrcServer) -> Member:
    return Member(server.url)


async def token_of(owner: Member, name: str, **fields: Any) -> str:
    if not owner.user:
        await owner.become_owner()
    made = await owner.must("POST", "/api/bots", name=name, **fields)
    return str(made["token"])


@in_a_loop(10)
async def test_a_bot_signs_in_with_its_token_and_is_marked(
    server: IrcServer, owner: Member
) -> None:
    token = await token_of(owner, "Weather")
    async with (
        IrcClient.member(server.port, "whoever", token) as bot,
        IrcClient.guest(server.port, "nell", caps=MODERN) as nell,
    ):
        assert bot.nick == "Weather"
        nell.send("VERSION")
        await nell.expect(r" 005 .* BOT=B ")
        bot.send("PRIVMSG #general :it rains")
        line = await nell.expect("it rains")
        assert "bot" in line.partition(" ")[0].removeprefix("@").split(";")
        nell.send("PRIVMSG #general :does it?", "WHOIS Weather", "WHO #general")
        await bot.expect("does it")
        await nell.expect(" 335 nell Weather :is a bot")
        assert (await nell.expect(r" 352 .* Weather ")).split(" ")[8] == "HB"


@in_a_loop(10)
async def test_a_token_for_some_rooms_hears_nothing_of_others(
    server: IrcServer, owner: Member
) -> None:
    token = await token_of(owner, "Quiet", scopes=["read", "send"], rooms=["quiet"])
    async with (
        IrcClient.connect(server.port) as bot,
        IrcClient.guest(server.port, "mona") as mona,
    ):
        mona.send("JOIN #quiet")
        await mona.expect(" 366 .*#quiet")
        bot.send(f"PASS {token}", "NICK quiet", "USER quiet 0 * :Quiet")
        await bot.expect(" 001 Quiet ")
        bot.send("JOIN #quiet", "PRIVMSG #general :hello", "CHATHISTORY LATEST #general * 5")
        await bot.expect("JOIN #quiet")
        mona.send("PRIVMSG #general :secret", "PRIVMSG #quiet :open")
        await bot.expect("open")
        assert not any("secret" in line for line in bot.seen)
    page = json.loads((await owner.get("/api/rooms/general/messages")).body)
    assert "hello" not in [message["text"] for message in page["messages"]]


@in_a_loop(10)
async def test_a_token_that_was_ended_signs_nobody_in(server: IrcServer, owner: Member) -> None:
    token = await token_of(owner, "Gone")
    (bot,) = [
        one["id"] for one in (await owner.must("GET", "/api/bots"))["bots"] if one["name"] == "Gone"
    ]
    await owner.must("DELETE", f"/api/bots/{bot}")
    async with IrcClient.connect(server.port) as client:
        client.send(f"PASS {token}", "NICK x", "USER x 0 * :x")
        await client.expect(r" 464 |ERROR|FAIL")

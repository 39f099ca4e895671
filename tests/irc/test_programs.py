"""irssi and WeeChat, as people use them, with somebody on the other side."""

import asyncio
from pathlib import Path

import pytest

from tests.irc.conftest import IrcServer
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.irc import IrcClient
from tests.support.members import Member
from tests.support.screen import Screen, on_screen

ONE_WORD = "correct-horse-battery"  # irssi's command line takes no blanks in a password


def command_of(program: str, folder: Path, port: int, nick: str, password: str = "") -> list[str]:
    """Return the command by which ``program`` connects as ``nick``."""
    if program == "irssi":
        command = ["irssi", f"--home={folder}", "-c", "127.0.0.1", "-p", str(port), "-n", nick]
        return [*command, "-w", password] if password else command
    return [
        *("weechat", "-d", str(folder), "-r", f"/server add p 127.0.0.1/{port} -nossl"),
        *("-r", f"/set irc.server.p.nicks {nick}", "-r", f"/set irc.server.p.password {password}"),
        *("-r", "/connect p"),
        *("-r", "/set irc.look.server_buffer independent"),
    ]


@pytest.mark.parametrize("program", ["irssi", "weechat"])
@in_a_loop(30)
async def test_people_talk_with_each_other(server: IrcServer, tmp_path: Path, program: str) -> None:
    nick = f"{program}user"
    web = Client(server.url)
    async with web:
        await web.post("/login", "name=Web Person")
    async with web.reading("websocket"), IrcClient.guest(server.port, "plainer") as plain:
        command = command_of(program, tmp_path, server.port, nick)
        with on_screen(tmp_path, command) as screen:
            await plain.expect(f":{nick}!.* JOIN #general")
            if program == "irssi":
                await until(screen, "Act: 2")
                screen.type("/window goto #general")
            else:
                await until(screen, "#general")
                screen.type("/buffer p.#general")
            screen.type("hello from a terminal")
            await web.until(lambda push: push.get("text") == "hello from a terminal")
            sent = await web.command(
                type="send", room="general", text="two\nlines for you", key=f"{program}1"
            )
            await until(screen, "lines for you")
            screen.type("/me waves")
            await web.until(lambda push: push.get("text") == f"*{nick} waves*")
            await web.command(type="delete", room="general", offset=sent["offset"])
            await until(screen, "(deleted a message)")
            plain.send(f"PRIVMSG {nick} :in private")
            screen.type("/join #terminal")
            await until(screen, "#terminal")
            screen.type("/topic about terminals")
            screen.type(f"/msg {plain.nick} an answer")
            await plain.expect(f":{nick}!.* PRIVMSG {plain.nick} :an answer")
            screen.type("/quit")
            await plain.expect(f":{nick}!.* QUIT :")


@pytest.mark.parametrize("program", ["irssi", "weechat"])
@in_a_loop(60)
async def test_a_member_is_mentioned_kicked_refused_and_comes_back(
    server: IrcServer, tmp_path: Path, program: str
) -> None:
    async with Member(server.url) as member, Client(server.url) as web:
        name = f"{program}-member"
        user = await member.must("POST", "/api/signup", name=name, password=ONE_WORD)
        await web.post("/login", "name=Web Person")
        club, here = f"club-{program}", f"#club-{program}"
        await web.command(type="create", title="Club", access="public", room=club)
        private = await web.command(type="create", title="Secret", access="private")
        command = command_of(program, tmp_path, server.port, name, f"{name}:{ONE_WORD}")
        with on_screen(tmp_path, command) as screen:
            await until(screen, "Act: 2" if program == "irssi" else "#general")
            screen.type(f"/join {here}")
            await until(screen, f"Topic for {here}")
            said = await web.command(type="send", room=club, text=f"@{name} helo", key="k1")
            await until(screen, f"@{name} helo")
            edited = f"@{name} hello"
            await web.command(type="edit", room=club, offset=said["offset"], text=edited)
            await until(screen, f"{edited} (edited)")
            screen.type(f"/join #{private['room']}")
            screen.type("/window 1" if program == "irssi" else "/buffer irc.server.p")
            await until(screen, "o such channel" if program == "irssi" else "There is no room")
            screen.type("/window 3" if program == "irssi" else f"/buffer irc.p.{here}")
            await web.command(type="kick", room=club, user=user["user"], reason="off topic")
            await until(screen, "off topic")
            screen.type("/quit")
            await asyncio.to_thread(screen.wait_for_end)
        await web.command(type="send", room="general", text="you were away", key="k2")
        with on_screen(tmp_path, command) as screen:
            await until(screen, "Act: 2" if program == "irssi" else "#general")
            screen.type("/window goto #general" if program == "irssi" else "/buffer p.#general")
            await until(screen, "you were away")
            screen.type("/quit")


async def until(screen: Screen, text: str) -> None:
    await asyncio.to_thread(screen.until, text)

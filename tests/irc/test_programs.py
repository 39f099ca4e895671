"""irssi and WeeChat, as people use them, with somebody on the other side."""

import asyncio
from pathlib import Path

import pytest

from tests.irc.conftest import IrcServer
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.irc import IrcClient
from tests.support.screen import Screen, on_screen


def command_of(program: str, folder: Path, port: int, nick: str) -> list[str]:
    """Return the command by which ``program`` connects as ``nick``."""
    if program == "irssi":
        return ["irssi", f"--home={folder}", "-c", "127.0.0.1", "-p", str(port), "-n", nick]
    return [
        *("weechat", "-d", str(folder), "-r", f"/server add p 127.0.0.1/{port} -nossl"),
        *("-r", f"/set irc.server.p.nicks {nick}", "-r", "/connect p"),
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
            await plain.expect(f":{nick}!.* PART #general")


async def until(screen: Screen, text: str) -> None:
    await asyncio.to_thread(screen.until, text)

"""Registration: who comes in, and who does not."""

import pytest

from tests.irc.conftest import IrcServer
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.irc import IrcClient
from tests.support.members import PASSWORD, Member


@in_a_loop(10)
async def test_lines_that_come_at_once_are_handled_in_their_order(server: IrcServer) -> None:
    async with IrcClient.guest(server.port, "reader") as reader:
        async with IrcClient.connect(server.port) as script:
            script.send("NICK a", "USER a 0 * :a", "JOIN #general", "PRIVMSG #general :hi")
            script.writer.write_eof()
            line = await reader.expect("PRIVMSG")
            assert line.startswith(":a!guest-") and line.endswith("@parley PRIVMSG #general hi")


@in_a_loop(10)
async def test_a_guest_who_goes_leaves_the_rooms_that_they_joined(server: IrcServer) -> None:
    async with IrcClient.guest(server.port, "stays") as stays:
        stays.send("JOIN #left")
        await stays.expect(" 366 stays #left ")
        async with IrcClient.guest(server.port, "goes") as goes:
            goes.send("JOIN #left")
            await stays.expect(":goes!.* JOIN #left")
        await stays.expect(":goes!.* PART #left")


@pytest.mark.parametrize("nick", ["#a", "a b!", "a!b", "a,b", "-a", "1a", "a" * 65, "*"])
@in_a_loop(10)
async def test_a_nick_is_a_word_of_letters(server: IrcServer, nick: str) -> None:
    async with IrcClient.connect(server.port) as client:
        client.send(f"NICK :{nick}", "USER a 0 * :a")
        await client.expect(" 432 \\* ")
        right = f"right{sum(nick.encode())}"
        client.send(f"NICK {right}")
        await client.expect(f" 001 {right} ")


@in_a_loop(10)
async def test_the_name_of_a_member_is_theirs_however_it_is_written(server: IrcServer) -> None:
    async with Member(server.url) as member:
        await member.sign_up("Zelda")
        for nick in ("Zelda", "zelda", "Ze1da", "\u0396elda"):
            async with IrcClient.connect(server.port) as client:
                client.send(f"NICK {nick}", "USER a 0 * :a")
                await client.expect(f" 433 \\* {nick} ")


@in_a_loop(10)
async def test_reserved_names_are_nobodys(server: IrcServer) -> None:
    async with IrcClient.connect(server.port) as client:
        client.send("NICK Admin", "USER a 0 * :a")
        await client.expect(" 433 ")


@in_a_loop(10)
async def test_the_nick_of_somebody_who_is_there_is_theirs(server: IrcServer) -> None:
    async with IrcClient.guest(server.port, "twin"):
        async with IrcClient.connect(server.port) as second:
            second.send("NICK Twin", "USER a 0 * :a")
            await second.expect(" 433 \\* Twin ")
            second.send("NICK other")
            await second.expect(" 001 other ")
            second.send("NICK twin")
            await second.expect(" 433 other twin ")


@in_a_loop(10)
async def test_who_comes_from_the_page_with_a_nick_that_is_taken_has_a_mark(
    server: IrcServer,
) -> None:
    async with IrcClient.guest(server.port, "double") as first:
        web = Client(server.url)
        async with web:
            await web.post("/login", "name=Double")
            async with web.reading("websocket"):
                await first.expect(":Double-[0-9a-f]+!.* JOIN #general")


@in_a_loop(10)
async def test_a_member_signs_in_by_sasl_and_keeps_their_name(server: IrcServer) -> None:
    async with Member(server.url) as member:
        await member.sign_up("Ada Lovelace")
        async with IrcClient.member(server.port, "Ada Lovelace", PASSWORD) as client:
            assert client.nick == "Ada_Lovelace"
            client.send("WHOIS Ada_Lovelace")
            line = await client.expect(" 311 ")
            assert line.endswith(f"Ada_Lovelace {member.user} parley * :Ada Lovelace")


@in_a_loop(10)
async def test_a_member_signs_in_by_pass(server: IrcServer) -> None:
    async with Member(server.url) as member:
        name = await member.sign_up("Grace")
        for given in (PASSWORD, f"{name}:{PASSWORD}"):
            async with IrcClient.connect(server.port) as client:
                client.send(f"PASS :{given}", f"NICK {name}", "USER a 0 * :a")
                await client.expect(f" 001 {name} ")
        devices = await member.must("GET", "/api/me/devices")
        assert [each["name"] for each in devices["devices"]].count("IRC") == 1


@in_a_loop(10)
async def test_a_wrong_password_is_refused(server: IrcServer) -> None:
    async with Member(server.url) as member:
        name = await member.sign_up("Hedy")
        async with IrcClient.connect(server.port) as client:
            client.send("PASS wrong", f"NICK {name}", "USER a 0 * :a")
            await client.expect(" 464 ")
            assert "ERROR" in (await client.until_closed())[-1]
        async with IrcClient.connect(server.port) as client:
            client.send("CAP REQ sasl", "AUTHENTICATE PLAIN", "AUTHENTICATE AEhlZHkAd3Jvbmc=")
            await client.expect(" 904 ")


@in_a_loop(10)
async def test_sasl_that_is_none_is_refused(server: IrcServer) -> None:
    async with IrcClient.connect(server.port) as client:
        client.send("AUTHENTICATE PLAIN")
        await client.expect(" 904 ")
        client.send("CAP REQ sasl", "AUTHENTICATE EXTERNAL")
        await client.expect(" 908 ")
        client.send("AUTHENTICATE PLAIN", "AUTHENTICATE !!!")
        await client.expect(" 904 ")
        client.send("AUTHENTICATE PLAIN", "AUTHENTICATE *")
        await client.expect(" 906 ")
        client.send("AUTHENTICATE PLAIN", "AUTHENTICATE " + "A" * 401)
        await client.expect(" 905 ")


@in_a_loop(10)
async def test_capabilities_are_listed_and_taken_all_or_none(server: IrcServer) -> None:
    async with IrcClient.connect(server.port) as client:
        client.send("CAP LS 302")
        listed = await client.expect("CAP . LS ")
        assert "sasl=PLAIN" in listed and "draft/chathistory" in listed
        client.send("CAP REQ :server-time no-such-thing")
        await client.expect("CAP . NAK :server-time no-such-thing")
        client.send("CAP REQ :server-time message-tags", "CAP REQ -server-time", "CAP LIST")
        await client.expect("CAP . ACK -server-time")
        await client.expect("CAP . LIST message-tags")
        client.send("NICK later", "USER a 0 * :a", "PING early")
        await client.expect(" PONG ")  # and no 001: the negotiation is under way
        assert not [line for line in client.seen if " 001 " in line]
        client.send("CAP END")
        await client.expect(" 001 later ")


@in_a_loop(10)
async def test_commands_before_the_registration_are_refused(server: IrcServer) -> None:
    async with IrcClient.connect(server.port) as client:
        client.send("JOIN #general", "FOO", "CAP", "USER a")
        await client.expect(" 451 ")
        await client.expect(" 451 ")
        await client.expect(" 461 \\* CAP ")
        await client.expect(" 461 \\* USER ")


@in_a_loop(10)
async def test_ending_the_device_ends_its_connection_and_it_can_sign_in_again(
    server: IrcServer,
) -> None:
    async with Member(server.url) as member:
        name = await member.sign_up("Ida")
        async with IrcClient.member(server.port, name, PASSWORD) as client:
            devices = (await member.must("GET", "/api/me/devices"))["devices"]
            device = next(each["id"] for each in devices if each["name"] == "IRC")
            await member.ask_json("DELETE", f"/api/me/devices/{device}")
            assert "signed out" in (await client.until_closed())[-1]
        async with IrcClient.member(server.port, name, PASSWORD):
            pass


@in_a_loop(10)
async def test_a_person_of_the_page_is_there_and_talks_with_one_of_irc(server: IrcServer) -> None:
    async with IrcClient.guest(server.port, "irc1") as client:
        web = Client(server.url)
        async with web:
            await web.post("/login", "name=Web One")
            async with web.reading("websocket"):
                await client.expect(":Web_One!.* JOIN #general")
                await web.say("fromtheweb")
                line = await client.expect("PRIVMSG #general")
                assert line.endswith(" fromtheweb") and line.startswith(":Web_One!guest-")
                client.send("PRIVMSG #general :from irc")
                await web.until(lambda push: push.get("text") == "from irc")
        await client.expect(":Web_One!.* QUIT :")

"""Messages, and what happens in rooms, on both sides."""

from tests.irc.conftest import IrcServer
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.irc import MODERN, IrcClient
from tests.support.members import PASSWORD, Member


async def ok(client: Client, **command: object) -> dict[str, object]:
    reply = await client.command(**command)
    assert reply["type"] == "ok", reply
    return reply


@in_a_loop(10)
async def test_nobody_hears_themselves_without_an_echo(server: IrcServer) -> None:
    async with (
        IrcClient.guest(server.port, "ann") as ann,
        IrcClient.guest(server.port, "bob") as bob,
    ):
        ann.send("PRIVMSG #general :one")
        await bob.expect(":ann!.* PRIVMSG #general one")
        bob.send("PRIVMSG #general :ann: two")
        await ann.expect(":bob!.* PRIVMSG #general :ann: two")
        assert not [line for line in ann.seen if "one" in line]


@in_a_loop(10)
async def test_what_one_says_elsewhere_is_shown(server: IrcServer) -> None:
    async with Member(server.url) as member:
        name = await member.sign_up("Otto")
        async with IrcClient.member(server.port, name, PASSWORD) as client:
            await ok(member, type="send", room="general", text="from the phone", key="otto1")
            await client.expect(f":Otto!{member.user}@parley PRIVMSG #general :from the phone")


@in_a_loop(10)
async def test_an_echo_has_the_id_the_time_the_account_and_the_label(server: IrcServer) -> None:
    async with IrcClient.guest(server.port, "eva", caps=MODERN) as eva:
        eva.send(
            "@label=l1 PRIVMSG #general :hello", "@label=l2 PING x", "@label=l3 TAGMSG #general"
        )
        line = await eva.expect("PRIVMSG #general hello")
        tags = dict(part.partition("=")[::2] for part in line[1:].split(" ")[0].split(";"))
        assert tags["label"] == "l1" and "account" not in tags  # a guest has none
        assert tags["msgid"].startswith("general:") and tags["time"].endswith("Z")
        await eva.sync()
        assert [one for one in eva.seen if one.startswith("@label=l2 ") and " PONG " in one]
        assert [one for one in eva.seen if one == "@label=l3 :irc.parley ACK"]


@in_a_loop(10)
async def test_the_answer_to_a_join_has_its_label_and_comes_before_what_follows(
    server: IrcServer,
) -> None:
    async with IrcClient.guest(server.port, "lena", caps=MODERN) as lena:
        lena.send("@label=j1 JOIN #labelled", "PING next")
        opening = await lena.expect("@label=j1 :irc.parley BATCH \\+\\S+ labeled-response")
        reference = opening.split(" +")[1].split(" ")[0]
        for line in (":lena!.* JOIN #labelled", " 353 lena ", " 366 lena "):
            assert f"batch={reference}" in await lena.expect(line)
        await lena.expect(f"BATCH -{reference}")
        await lena.expect(" PONG .*next")


@in_a_loop(10)
async def test_accounts_are_those_of_members(server: IrcServer) -> None:
    async with Member(server.url) as member:
        name = await member.sign_up("Mona")
        async with (
            IrcClient.guest(server.port, "nell", caps=MODERN) as nell,
            IrcClient.member(server.port, name, PASSWORD) as mona,
        ):
            nell.send("JOIN #accounts")
            await nell.expect("JOIN #accounts \\* nell")
            mona.send("JOIN #accounts", "PRIVMSG #accounts :hello")
            await nell.expect(f"JOIN #accounts {member.user} Mona")
            assert f"account={member.user}" in await nell.expect("PRIVMSG #accounts hello")
            nell.send("WHOIS Mona", "WHOIS nell")
            await nell.expect(f" 330 nell Mona {member.user} ")
            await nell.expect(" 318 nell Mona ")
            await nell.expect(" 318 nell nell ")
            assert not [line for line in nell.seen if " 330 nell nell " in line]


@in_a_loop(10)
async def test_people_talk_in_a_query(server: IrcServer) -> None:
    async with (
        IrcClient.guest(server.port, "kim") as kim,
        IrcClient.guest(server.port, "lou") as lou,
    ):
        kim.send("PRIVMSG lou :psst")
        await lou.expect(":kim!.* PRIVMSG lou psst")
        lou.send("PRIVMSG kim :what?")
        await kim.expect(":lou!.* PRIVMSG kim what?")
        assert not [line for line in [*kim.seen, *lou.seen] if "#d-" in line]
        kim.send("PRIVMSG nobody :psst")
        await kim.expect(" 401 kim nobody ")


@in_a_loop(10)
async def test_rooms_are_joined_and_left(server: IrcServer) -> None:
    async with (
        IrcClient.guest(server.port, "mia") as mia,
        IrcClient.guest(server.port, "noa") as noa,
    ):
        mia.send("JOIN #Den,#den2")
        await mia.expect(":mia!.* JOIN #den$")
        await mia.expect(" 353 mia = #den @mia$")
        await mia.expect(" 366 mia #den2 ")
        noa.send("JOIN #den")
        await mia.expect(":noa!.* JOIN #den")
        mia.send("NAMES #den", "PART #den", "PART #general", "JOIN #p-aaaaaaaaaaaaaaaa", "JOIN den")
        assert set((await mia.expect(" 353 ")).split(":")[-1].split()) == {"@mia", "noa"}
        await mia.expect(":mia!.* PART #den")
        await noa.expect(":mia!.* PART #den")
        await mia.expect(" 482 mia #general ")
        await mia.expect(" 403 mia #p-aaaaaaaaaaaaaaaa ")
        await mia.expect(" 403 mia den ")
        mia.send("PRIVMSG #den :am I in?")
        await mia.expect(" 442 mia #den ")


@in_a_loop(10)
async def test_an_action_is_one_on_both_sides(server: IrcServer) -> None:
    async with (
        IrcClient.guest(server.port, "pia") as pia,
        IrcClient.guest(server.port, "quy") as quy,
    ):
        web = Client(server.url)
        async with web.reading("websocket"):
            pia.send("PRIVMSG #general :\x01ACTION waves\x01")
            await web.until(lambda push: push.get("text") == "*pia waves*")
        await quy.expect("PRIVMSG #general :\x01ACTION waves\x01")
        pia.send("PRIVMSG quy :\x01VERSION\x01", "PRIVMSG #general :\x01PING 1\x01")
        await pia.expect(" 401 pia quy ")
        await pia.expect(" 404 pia #general ")


@in_a_loop(10)
async def test_edits_reactions_deletions_and_replies_are_shown_to_all(server: IrcServer) -> None:
    async with Member(server.url) as member:
        await member.sign_up("Rosa")
        async with (
            IrcClient.guest(server.port, "plain") as plain,
            IrcClient.guest(server.port, "modern", caps=MODERN) as modern,
        ):
            sent = await ok(member, type="send", room="general", text="frist", key="rosa1")
            at = {"room": "general", "offset": sent["offset"]}
            msgid = f"general:{sent['epoch']}:{sent['offset']}"
            await ok(member, type="edit", text="first", **at)
            await ok(member, type="react", emoji="\U0001f44d", on=True, **at)
            await ok(
                member,
                type="send",
                room="general",
                text="a reply",
                key="rosa2",
                reply_to=sent["offset"],
            )
            await ok(member, type="delete", **at)
            await plain.expect(":Rosa!.* PRIVMSG #general :first \\(edited\\)")
            await plain.expect(":Rosa!.* NOTICE #general :\\(reacts with \U0001f44d\\)")
            await plain.expect(":Rosa!.* PRIVMSG #general :Rosa: a reply")
            await plain.expect(":Rosa!.* NOTICE #general :\\(deleted a message\\)")
            await modern.expect("first \\(edited\\)")
            line = await modern.expect("TAGMSG #general")
            assert "+draft/react=\U0001f44d" in line and f"+draft/reply={msgid}" in line
            assert f"+draft/reply={msgid}" in await modern.expect("a reply")
            await modern.expect(f" REDACT #general {msgid}")


@in_a_loop(10)
async def test_irc_reacts_replies_and_redacts(server: IrcServer) -> None:
    async with IrcClient.guest(server.port, "sam", caps=MODERN) as sam:
        web = Client(server.url)
        async with web.reading("websocket"):
            sam.send("PRIVMSG #general :mine")
            msgid = (await sam.expect("mine")).split("msgid=")[1].split(";")[0].split(" ")[0]
            offset = int(msgid.rpartition(":")[2])
            sam.send(f"@+draft/reply={msgid};+draft/react=\U0001f600 TAGMSG #general")
            push = await web.until_type("reaction")
            assert (push["target"], push["emoji"]) == (offset, "\U0001f600")
            sam.send(f"@+draft/reply={msgid} PRIVMSG #general :answer")
            push = await web.until(lambda push: push.get("text") == "answer")
            assert push["reply_to"] == offset
            sam.send("@+typing=active TAGMSG #general")
            await web.until_type("typing")
            sam.send(
                f"REDACT #general {msgid}", "REDACT #general general:nope:1", "REDACT #general x"
            )
            await web.until_type("deleted")
            await sam.expect("REDACT #general general:")
            await sam.expect("FAIL REDACT UNKNOWN_MSGID #general x ")


@in_a_loop(10)
async def test_messages_of_several_lines(server: IrcServer) -> None:
    async with (
        IrcClient.guest(server.port, "tess", caps=MODERN) as tess,
        IrcClient.guest(server.port, "umi") as umi,
    ):
        web = Client(server.url)
        async with web.reading("websocket"):
            tess.send(
                "@label=m1 BATCH +1 draft/multiline #general",
                "@batch=1 PRIVMSG #general :one",
                "@batch=1 PRIVMSG #general :",
                "@batch=1 PRIVMSG #general :thr",
                "@batch=1;draft/multiline-concat PRIVMSG #general :ee",
                "BATCH -1",
            )
            push = await web.until(lambda push: push.get("text") == "one\n\nthree")
            assert push["type"] == "message"
            await umi.expect("PRIVMSG #general one")
            await umi.expect("PRIVMSG #general three")
            opening = await tess.expect("BATCH \\+m draft/multiline #general")
            assert "label=m1" in opening and "msgid=" in opening
            await tess.expect("@batch=m :tess!.* PRIVMSG #general one")
            await tess.expect("BATCH -m")
            long = " ".join(["word"] * 300)
            await ok(web, type="send", room="general", text=long, key="long1")
            found = [await umi.expect("PRIVMSG #general") for _ in range(4)]
            assert "".join(line.split(" :", 1)[1] for line in found) == long
            assert all(len(line.encode()) <= 510 for line in found)


@in_a_loop(10)
async def test_who_keeps_order_does_so_by_modes(server: IrcServer) -> None:
    async with Member(server.url) as owner, Member(server.url) as other:
        await owner.sign_up("Vera")
        await other.sign_up("Will")
        room = str(
            (await ok(owner, type="create", title="Den of V", access="public", room="vden"))["room"]
        )
        await ok(owner, type="invite", room=room, user=other.user)
        async with (
            IrcClient.member(server.port, "Vera", PASSWORD, caps="invite-notify") as vera,
            IrcClient.member(server.port, "Will", PASSWORD) as will,
        ):
            vera.send("NAMES #vden", "TOPIC #vden :tea", "TOPIC #vden")
            assert set((await vera.expect(" 353 .*#vden")).split(":")[-1].split()) >= {"@Vera"}
            await will.expect(":Vera!.* TOPIC #vden :Den of V \\| tea")
            await vera.expect(" 332 Vera #vden :Den of V \\| tea")
            will.send("TOPIC #vden :coffee", "KICK #vden Vera")
            await will.expect(" 482 Will #vden ")
            await will.expect(" 482 Will #vden ")
            vera.send(
                "MODE #vden +m", "MODE #vden +h Will", "MODE #vden", "MODE #vden +x y", "MODE Vera"
            )
            await will.expect(":Vera!.* MODE #vden \\+m")
            await will.expect(":Vera!.* MODE #vden -o\\+h Will Will")
            await vera.expect(" 324 Vera #vden \\+ntm")
            await vera.expect(" 472 Vera x ")
            await vera.expect(" 221 Vera \\+i")
            vera.send("MODE #vden -h Will", "MODE #vden +b Will!*@*", "MODE #vden +b")
            await vera.expect("MODE #vden -oh Will Will")
            await vera.expect(" KICK #vden Will ")
            await vera.expect(f" 367 Vera #vden \\*!{other.user}@\\*")
            await vera.expect(" 368 ")
            await will.expect(" KICK #vden Will ")
            will.send("JOIN #vden")
            await will.expect(" 474 Will #vden ")
            vera.send(f"MODE #vden -b *!{other.user}@*", "INVITE Will #vden")
            await vera.expect(":Vera!.* INVITE Will #vden")
            await vera.expect(":Will!.* JOIN #vden")
            await vera.expect(" 341 Vera Will #vden")
            await will.expect(":Will!.* JOIN #vden")
            assert not [line for line in will.seen if " INVITE " in line]


@in_a_loop(10)
async def test_people_are_looked_up(server: IrcServer) -> None:
    async with (
        IrcClient.guest(server.port, "xena") as xena,
        IrcClient.guest(server.port, "yuri") as yuri,
    ):
        xena.send(
            "WHO #general", "WHOIS yuri", "WHOIS ghost", "USERHOST yuri", "LIST", "AWAY :x", "AWAY"
        )
        await xena.expect(" 352 xena #general guest-.* yuri H :0 yuri")
        await xena.expect(" 315 ")
        await xena.expect(" 311 xena yuri guest-")
        await xena.expect(" 318 ")
        await xena.expect(" 401 xena ghost ")
        await xena.expect(" 302 xena yuri=\\+guest-")
        await xena.expect(" 322 xena #general ")
        await xena.expect(" 323 ")
        await xena.expect(" 306 ")
        await xena.expect(" 305 ")
        xena.send("MONITOR + yuri,zoe", "MONITOR L")
        await xena.expect(" 730 xena yuri")
        await xena.expect(" 731 xena zoe")
        await xena.expect(" 733 ")
        async with IrcClient.guest(server.port, "zoe"):
            await xena.expect(" 730 xena zoe")
        yuri.send("NICK yuriko")
        await yuri.expect(":yuri!.* NICK yuriko")
        await xena.expect(":yuri!.* NICK yuriko")


@in_a_loop(10)
async def test_a_member_who_takes_another_name_does_so_for_all(server: IrcServer) -> None:
    async with (
        Member(server.url) as member,
        IrcClient.guest(server.port, "watcher", caps="setname") as watcher,
    ):
        name = await member.sign_up("Before")
        async with IrcClient.member(server.port, name, PASSWORD) as client:
            await watcher.expect("JOIN #general")
            client.send("SETNAME :After All")
            await client.expect(":Before!.* NICK After_All")
            await watcher.expect(":Before!.* SETNAME :After All")
            await watcher.expect(":Before!.* NICK After_All")
            client.send("PRIVMSG #general :renamed")
            await watcher.expect(":After_All!.* PRIVMSG #general renamed")
            assert (await member.must("GET", "/api/me"))["name"] == "After All"

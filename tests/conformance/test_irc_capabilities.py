"""IRCv3: capabilities, tags, batches, labels and replies

https://ircv3.net/irc: those that docs/irc.md lists.
"""

import pytest

from tests.conformance.irc_cases import Case, ids, play
from tests.irc.conftest import IrcServer, server
from tests.support.aio import in_a_loop
from tests.support.irc import IrcClient

__all__ = ["server"]

LABELS = "labeled-response batch message-tags"
CASES = [
    Case("capability-negotiation: LS with values", ["CAP LS 302"], ["CAP {me} LS :.*sasl=PLAIN"]),
    Case("capability-negotiation: LIST", ["CAP REQ batch", "CAP LIST"], ["CAP {me} LIST batch"]),
    Case(
        "capability-negotiation: all or none",
        ["CAP REQ :batch nothing", "CAP LIST"],
        ["CAP {me} NAK :batch nothing", "CAP {me} LIST :$"],
    ),
    Case(
        "capability-negotiation: taken back",
        ["CAP REQ batch", "CAP REQ -batch", "CAP LIST"],
        ["ACK batch", "ACK -batch", "LIST :$"],
    ),
    Case("capability-negotiation: no such command", ["CAP WHAT"], [" 410 {me} WHAT :"]),
    Case(
        "account-tag: a guest has none",
        ["PRIVMSG {chan} hi"],
        [],
        ["PRIVMSG {chan} hi"],
        never="account=",
        your_caps="account-tag",
    ),
    Case(
        "batch: history is one",
        ["CHATHISTORY LATEST {chan} * 5"],
        ["BATCH \\+\\S+ chathistory {chan}", "BATCH -"],
        caps="batch draft/chathistory",
    ),
    Case(
        "echo-message",
        ["PRIVMSG {chan} echoed"],
        [":{me}!\\S+ PRIVMSG {chan} echoed"],
        ["PRIVMSG {chan} echoed"],
        caps="echo-message",
    ),
    Case(
        "extended-join: no account, the name",
        ["PART {chan}", "JOIN {chan}"],
        [],
        [":{me}!\\S+ JOIN {chan} \\* :?{me}"],
        your_caps="extended-join",
    ),
    Case("labeled-response: one line", ["@label=a PING x"], ["^@label=a \\S+ PONG "], caps=LABELS),
    Case(
        "labeled-response: several lines",
        ["@label=b WHOIS {you}"],
        [
            "^@label=b \\S+ BATCH \\+(\\S+) labeled-response",
            "^@batch=\\S+ \\S+ 311 ",
            "^@batch=\\S+ \\S+ 318 ",
            " BATCH -",
        ],
        caps=LABELS,
    ),
    Case("labeled-response: none", ["@label=c PONG x"], ["^@label=c \\S+ ACK"], caps=LABELS),
    Case("labeled-response: an error", ["@label=d NOTHING"], ["^@label=d \\S+ 421 "], caps=LABELS),
    Case(
        "labeled-response: a line that can't be read",
        ["@label=f PRIVMSG {chan} :a\0b"],
        ["^@label=f \\S+ FAIL \\* INVALID_MESSAGE :"],
        caps=LABELS,
    ),
    Case(
        "labeled-response: an echo",
        ["@label=e PRIVMSG {chan} hi"],
        ["^@label=e.* PRIVMSG {chan} hi"],
        caps=f"{LABELS} echo-message",
    ),
    Case(
        "labeled-response: others get none",
        ["@label=f PRIVMSG {chan} hi"],
        [],
        ["^:\\S+ PRIVMSG {chan} hi"],
        caps=LABELS,
        your_caps="",
    ),
    Case(
        "message-tags: those that are not known go nowhere",
        ["@+x=y PRIVMSG {chan} hi"],
        [],
        ["^@msgid=[^; ]+ :\\S+ PRIVMSG {chan} hi"],
        caps="message-tags",
        your_caps="message-tags",
    ),
    Case("message-tags: TAGMSG takes the capability", ["TAGMSG {chan}"], [" 421 {me} TAGMSG :"]),
    Case(
        "message-ids: the same for all",
        ["PRIVMSG {chan} hi"],
        ["msgid=chan\\d+:[0-9a-f]+:\\d+ .* hi"],
        ["msgid=chan\\d+:[0-9a-f]+:\\d+ .* hi"],
        caps="message-tags echo-message",
        your_caps="message-tags",
    ),
    Case(
        "monitor: who is there, and who is not",
        ["MONITOR + {you},nobody"],
        [" 730 {me} {you}", " 731 {me} nobody"],
    ),
    Case(
        "monitor: the list",
        ["MONITOR + {you}", "MONITOR L", "MONITOR C", "MONITOR L"],
        [" 732 {me} {you}", " 733 {me} :", " 733 {me} :"],
    ),
    Case(
        "monitor: status", ["MONITOR + {you}", "MONITOR S"], [" 730 {me} {you}", " 730 {me} {you}"]
    ),
    Case(
        "multi-prefix: one is all there is", ["NAMES {chan}"], [" 353 .*@{me}"], caps="multi-prefix"
    ),
    Case(
        "server-time",
        ["PRIVMSG {chan} hi"],
        [],
        ["^@time=\\d{{4}}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{{3}}Z .* hi"],
        your_caps="server-time",
    ),
    Case(
        "setname",
        ["SETNAME :{me} x"],
        [":{me}!\\S+ SETNAME :{me} x"],
        [":{me}!\\S+ SETNAME :{me} x"],
        caps="setname",
        your_caps="setname",
    ),
    Case(
        "setname: a name that is taken",
        ["SETNAME {you}"],
        [" (FAIL SETNAME|NOTICE) "],
        caps="setname",
    ),
    Case(
        "standard-replies",
        ["JOIN #p-aaaaaaaaaaaaaaaa"],
        [" 403 {me} #p-aaaaaaaaaaaaaaaa :"],
        caps="standard-replies",
    ),
    Case(
        "userhost-in-names", ["NAMES {chan}"], [" 353 .*@{me}!\\S+@\\S+"], caps="userhost-in-names"
    ),
    Case(
        "invite-notify: to those who are there",
        ["JOIN {chan}i", "INVITE {you} {chan}i"],
        [":{me}!\\S+ INVITE {you} {chan}i", ":{you}!\\S+ JOIN {chan}i"],
        [":{you}!\\S+ JOIN {chan}i"],
        caps="invite-notify",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
@in_a_loop(10)
async def test_rule(server: IrcServer, case: Case) -> None:
    await play(server, case)


@in_a_loop(10)
async def test_utf8only_what_is_no_utf8_is_refused(server: IrcServer) -> None:
    async with IrcClient.guest(server.port, "latin") as client:
        assert [line for line in client.seen if " 005 " in line and " UTF8ONLY" in line]
        client.send_bytes(b"PRIVMSG #general :caf\xe9\r\n")
        await client.expect(" FAIL \\* INVALID_UTF8 :")


@in_a_loop(10)
async def test_registration_waits_for_the_end_of_the_negotiation(
    server: IrcServer,
) -> None:
    async with IrcClient.connect(server.port) as client:
        client.send("CAP LS 302", "NICK waits", "USER a 0 * :a", "PING x")
        await client.expect("CAP \\* LS :")
        await client.expect(" PONG ")
        client.send("CAP END")
        await client.expect(" 001 waits :")
        assert sum(" 001 " in line for line in client.seen) == 1

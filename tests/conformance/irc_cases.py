"""Rules of IRC as data: what a client sends, and what it and another one get."""

import re
from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

from tests.irc.conftest import IrcServer
from tests.support.irc import IrcClient

_numbers = count(1)


class Case(NamedTuple):
    """A rule. ``{me}`` and ``{you}`` are nicks, ``{chan}`` a channel of both, in which the first
    is the operator.

    ``mine`` and ``yours`` are patterns, each of a later line than the one before; no line has
    ``never`` in it.
    """

    rule: str
    sent: Sequence[str]
    mine: Sequence[str] = ()
    yours: Sequence[str] = ()
    never: str = ""
    caps: str = ""
    your_caps: str = ""


def ids(cases: Sequence[Case]) -> list[str]:
    return [case.rule for case in cases]


async def play(server: IrcServer, case: Case) -> None:
    number = next(_numbers)
    names = {"me": f"me{number}", "you": f"you{number}", "chan": f"#chan{number}"}
    async with (
        IrcClient.guest(server.port, names["me"], caps=case.caps) as me,
        IrcClient.guest(server.port, names["you"], caps=case.your_caps) as you,
    ):
        for client in (me, you):
            client.send(f"JOIN {names['chan']}")
            await client.expect(f" 366 .* {names['chan']} ")
        await me.expect(f":{names['you']}!.* JOIN {names['chan']}")
        for line in case.sent:
            me.send(line.format(**names))
        for client, patterns in ((me, case.mine), (you, case.yours)):
            for pattern in patterns:
                await client.expect(pattern.format(**names))
        if case.never:
            lines = [*await me.sync(), *me.seen]
            pattern = case.never.format(**names)
            assert not [line for line in lines if re.search(pattern, line)]

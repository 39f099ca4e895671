"""RFC 2812 sections 3 and 4: commands of IRC

Some commands are refused, for what they are about is not there: OPER and what operators of a
network do, SQUIT and other commands about its servers. SERVICE, SQUERY and SUMMON are not known.
"""

import pytest

from tests.conformance.irc_cases import Case, ids, play
from tests.irc.conftest import IrcServer, server
from tests.support.aio import in_a_loop

__all__ = ["server"]

OWN = ":{me}!\\S+@\\S+ "
CASES = [
    # 3.1: connection registration
    Case("3.1.1 PASS once one is in", ["PASS x"], [" 462 {me} :"]),
    Case(
        "3.1.2 NICK changes the nick, for all",
        ["NICK {me}x"],
        [OWN + "NICK {me}x"],
        [OWN + "NICK {me}x"],
    ),
    Case("3.1.2 NICK without a nick", ["NICK"], [" 431 {me} :"]),
    Case("3.1.2 NICK that is none", ["NICK a!b"], [" 432 {me} a!b :"]),
    Case("3.1.2 NICK of somebody else", ["NICK {you}"], [" 433 {me} {you} :"]),
    Case("3.1.3 USER once one is in", ["USER a 0 * :a"], [" 462 {me} :"]),
    Case("3.1.5 MODE of oneself", ["MODE {me}"], [" 221 {me} \\+"]),
    Case("3.1.5 MODE of somebody else", ["MODE {you}"], [" 502 {me} :"]),
    Case(
        "3.1.7 QUIT is acknowledged",
        ["QUIT :bye"],
        ["^ERROR :.*bye"],
        [OWN + "PART {chan}", OWN + "QUIT :"],
    ),
    # 3.2: channel operations
    Case(
        "3.2.1 JOIN, topic and names",
        ["JOIN {chan}x"],
        [OWN + "JOIN {chan}x", " 353 {me} = {chan}x :?@{me}$", " 366 {me} {chan}x :"],
    ),
    Case(
        "3.2.1 JOIN of several",
        ["JOIN {chan}x,{chan}y"],
        [" 366 {me} {chan}x ", " 366 {me} {chan}y "],
    ),
    Case("3.2.1 JOIN without a channel", ["JOIN"], [" 461 {me} JOIN :"]),
    Case("3.2.1 JOIN of what is no channel", ["JOIN x"], [" 403 {me} x :"]),
    Case("3.2.1 JOIN twice", ["JOIN {chan}", "PING x"], [" PONG "], never="JOIN {chan} .*JOIN"),
    Case("3.2.2 PART", ["PART {chan}"], [OWN + "PART {chan}"], [OWN + "PART {chan}"]),
    Case(
        "3.2.2 PART of where one is not",
        ["PART {chan}", "PART {chan}"],
        ["PART {chan}", " 442 {me} {chan} :"],
    ),
    Case("3.2.2 PART without a channel", ["PART"], [" 461 {me} PART :"]),
    Case("3.2.3 MODE of a channel", ["MODE {chan}"], [" 324 {me} {chan} \\+nt"]),
    Case(
        "3.2.3 MODE that moderates",
        ["MODE {chan} +m", "MODE {chan}"],
        [OWN + "MODE {chan} \\+m", " 324 .*m"],
        [OWN + "MODE {chan} \\+m"],
    ),
    Case(
        "3.2.3 MODE that makes an operator",
        ["MODE {chan} +o {you}", "NAMES {chan}"],
        ["MODE {chan} \\+o {you}$", " 353 .*@{you}"],
        ["MODE {chan}"],
    ),
    Case("3.2.3 MODE that is not known", ["MODE {chan} +z"], [" 472 {me} z :"]),
    Case("3.2.3 MODE about nobody", ["MODE {chan} +o"], [" 461 {me} MODE :"]),
    Case("3.2.3 MODE about somebody unknown", ["MODE {chan} +o nobody"], [" 401 {me} nobody :"]),
    Case(
        "3.2.3 MODE lists bans",
        ["MODE {chan} +b {you}", "MODE {chan} b"],
        [" 367 {me} {chan} \\*!guest-\\S+@\\*", " 368 {me} {chan} :"],
    ),
    Case("3.2.4 TOPIC is not set", ["TOPIC {chan}"], [" 331 {me} {chan} :"]),
    Case(
        "3.2.4 TOPIC is set, for all",
        ["TOPIC {chan} :tea", "TOPIC {chan}"],
        [OWN + "TOPIC {chan} tea", " 332 {me} {chan} tea"],
        [OWN + "TOPIC {chan} tea"],
    ),
    Case(
        "3.2.4 TOPIC is taken away",
        ["TOPIC {chan} :tea", "TOPIC {chan} :", "TOPIC {chan}"],
        ["TOPIC {chan} :$", " 331 "],
    ),
    Case("3.2.5 NAMES", ["NAMES {chan}"], [" 353 {me} = {chan} :", " 366 {me} {chan} :"]),
    Case(
        "3.2.5 NAMES of several",
        ["NAMES {chan},#general"],
        [" 366 {me} {chan} :", " 353 {me} = #general", " 366 {me} #general :"],
    ),
    Case("3.2.5 NAMES of what there is not", ["NAMES {chan}none"], [" 366 {me} {chan}none :"]),
    Case("3.2.6 LIST", ["LIST"], [" 322 {me} {chan} 2 :", " 323 {me} :"]),
    Case(
        "3.2.6 LIST of one",
        ["LIST #general"],
        [" 322 {me} #general ", " 323 {me} :"],
        never=" 322 {me} {chan} ",
    ),
    Case("3.2.7 INVITE", ["INVITE nobody {chan}"], [" 401 {me} nobody :"]),
    Case("3.2.7 INVITE of who is there", ["INVITE {you} {chan}"], [" 443 {me} {you} {chan} :"]),
    Case(
        "3.2.7 INVITE to where one is not",
        ["PART {chan}", "INVITE {you}x {chan}"],
        ["PART", " (401|442) {me} "],
    ),
    Case(
        "3.2.8 KICK",
        ["KICK {chan} {you} :off topic"],
        [OWN + "KICK {chan} {you} :off topic"],
        [OWN + "KICK {chan} {you} :off topic"],
    ),
    Case("3.2.8 KICK without a reason", ["KICK {chan} {you}"], [OWN + "KICK {chan} {you} :?{me}$"]),
    Case(
        "3.2.8 KICK of who is not there",
        ["KICK {chan} {you}", "KICK {chan} {you}"],
        ["KICK", " 441 {me} {you} {chan} :"],
    ),
    Case(
        "3.2.8 KICK from what there is not", ["KICK {chan}none {you}"], [" 403 {me} {chan}none :"]
    ),
    Case(
        "3.2.3 MODE of what there is not", ["MODE {chan}none +o {you}"], [" 403 {me} {chan}none :"]
    ),
    Case("3.2.8 KICK without a nick", ["KICK {chan}"], [" 461 {me} KICK :"]),
    # 3.3: sending messages
    Case(
        "3.3.1 PRIVMSG to a channel",
        ["PRIVMSG {chan} :hello all"],
        [],
        [OWN + "PRIVMSG {chan} :hello all"],
    ),
    Case(
        "3.3.1 PRIVMSG is not sent back",
        ["PRIVMSG {chan} :to others", "PING x"],
        [" PONG "],
        ["to others"],
        never="PRIVMSG {chan} :to others",
    ),
    Case(
        "3.3.1 PRIVMSG to a nick",
        ["PRIVMSG {you} :hello you"],
        [],
        [OWN + "PRIVMSG {you} :hello you"],
    ),
    Case(
        "3.3.1 PRIVMSG to both",
        ["PRIVMSG {chan},{you} :both"],
        [],
        ["PRIVMSG {chan} both", "PRIVMSG {you} both"],
    ),
    Case("3.3.1 PRIVMSG to nobody", ["PRIVMSG nobody :x"], [" 401 {me} nobody :"]),
    Case("3.3.1 PRIVMSG without a target", ["PRIVMSG"], [" 411 {me} :"]),
    Case("3.3.1 PRIVMSG without a text", ["PRIVMSG {you}"], [" 412 {me} :"]),
    Case("3.3.1 PRIVMSG to too many", ["PRIVMSG a,b,c,d,e :x"], [" 407 {me} a,b,c,d,e :"]),
    Case(
        "3.3.2 NOTICE stays one",
        ["NOTICE {chan} :note this"],
        [],
        [OWN + "NOTICE {chan} :note this"],
    ),
    Case(
        "3.3.2 NOTICE is never answered", ["NOTICE nobody :x", "PING x"], [" PONG "], never=" 401 "
    ),
    # 3.4 to 3.7
    Case("3.4.1 MOTD", ["MOTD"], [" (422|376) {me} :"]),
    Case("3.1.4 OPER: there are none", ["OPER a b"], [" 491 {me} :"]),
    Case(
        "3.1.8 SQUIT and others of operators", ["SQUIT a :b", "KILL {you} :x"], [" 481 ", " 481 "]
    ),
    Case(
        "3.4.2 LUSERS",
        ["LUSERS"],
        [" 251 {me} :There are \\d+ users", " 254 {me} \\d+ :", " 255 {me} :I have \\d+ clients"],
    ),
    Case("3.4.3 VERSION", ["VERSION"], [" 351 {me} parley-", " 005 {me} "]),
    Case("3.4.4 STATS", ["STATS u"], [" 219 {me} u :"]),
    Case("3.4.6 TIME", ["TIME"], [" 391 {me} irc.parley :20\\d\\d-\\d\\d-\\d\\d "]),
    Case("3.4.9 ADMIN", ["ADMIN"], [" 256 {me} irc.parley :", " 257 ", " 258 ", " 259 "]),
    Case("3.4.10 INFO", ["INFO"], [" 371 {me} :Parley ", " 374 {me} :"]),
    Case(
        "3.6.1 WHO of a channel",
        ["WHO {chan}"],
        [" 352 {me} {chan} \\S+ \\S+ \\S+ \\S+ H@? :0 ", " 315 {me} {chan} :"],
    ),
    Case(
        "3.6.1 WHO of a nick",
        ["WHO {you}"],
        [" 352 {me} \\* \\S+ \\S+ \\S+ {you} H :0 {you}", " 315 {me} {you} :"],
    ),
    Case("3.6.1 WHO of a mask", ["WHO {you}*"], [" 352 {me} \\* \\S+ \\S+ \\S+ {you} H ", " 315 "]),
    Case(
        "3.6.2 WHOIS",
        ["WHOIS {you}"],
        [" 311 {me} {you} \\S+ \\S+ \\* :?{you}", " 312 {me} {you} ", " 318 {me} {you} :"],
    ),
    Case(
        "3.6.2 WHOIS of who is away",
        ["AWAY :at lunch", "WHOIS {me}", "WHO {me}", "USERHOST {me}"],
        [" 301 {me} {me} :at lunch", " 318 ", " 352 .* {me} G :0 ", " 302 {me} :?{me}=-"],
    ),
    Case(
        "3.6.3 WHOWAS: nothing is kept",
        ["WHOWAS {you}"],
        [" 406 {me} {you} :", " 369 {me} {you} :"],
    ),
    Case("3.6.2 WHOIS of nobody", ["WHOIS nobody"], [" 401 {me} nobody :", " 318 {me} nobody :"]),
    Case("3.7.2 PING", ["PING :a b"], [" PONG \\S+ :a b"]),
    Case("3.7.2 PING without a word", ["PING"], [" 461 {me} PING :"]),
    Case("3.7.3 PONG is not answered", ["PONG x", "PING y"], [" PONG .*y"]),
    # 4: optional features
    Case("4.1 AWAY", ["AWAY :lunch", "AWAY"], [" 306 {me} :", " 305 {me} :"]),
    Case("4.8 USERHOST", ["USERHOST {you} nobody"], [" 302 {me} :?{you}=\\+\\S+@\\S+$"]),
    Case("4.9 ISON", ["ISON nobody {you} {me}"], [" 303 {me} :{you} {me}$"]),
    Case("A command that there is not", ["SUMMON a"], [" 421 {me} SUMMON :"]),
]


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
@in_a_loop(10)
async def test_rule(server: IrcServer, case: Case) -> None:
    await play(server, case)

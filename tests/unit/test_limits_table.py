"""The table of limits in docs/security.md says what the code says, and its tests are there."""

import re
from pathlib import Path

import pytest

from chat.accounts import access, decisions, passwords, program_limits, rate_limits
from chat.accounts.bots import MAX_BOTS
from chat.attach import catch_up
from chat.backplane import limits as backplane
from chat.backplane import subscriptions
from chat.backplane.embedded import recent
from chat.files import pace, picture_process
from chat.files.pictures import AT_ONCE
from chat.followers.push import client as push_client
from chat.followers.push import outbox as push_outbox
from chat.followers.webhooks import deliveries as webhook_deliveries
from chat.followers.webhooks import schedule as webhook_schedule
from chat.followers.webhooks import sender as webhook_sender
from chat.http import fields, head, memory_budget, unread
from chat.http.limits import Timeouts
from chat.http.streamed_body import PROGRESS_BYTES
from chat.net import outbound, per_address, socket_options
from chat.ops import logs, repeats, request_costs
from chat.protocol import commands, cursor, sockjs
from chat.protocol.irc import capabilities
from chat.protocol.irc import lines as irc_lines
from chat.protocol.irc import messages as irc_messages
from chat.requests import handler
from chat.requests.caller import MAX_ROOMS_ASKED
from chat.requests.paths import MAX_PATH
from chat.rooms import amendments, links, mentions, names, texts, titles
from chat.rooms.file_names import MAX_NAME_CHARACTERS
from chat.rooms.hooks import slack
from chat.service import pipeline, webhook_urls, webhooks
from chat.service.bot_records import MAX_ROOMS
from chat.service.hook_records import MAX_HOOKS
from chat.service.uploads import MAX_AT_ONCE
from chat.settings.settings import Settings
from chat.token_bucket import MOST
from chat.transports import commands as command_sink
from chat.transports import given, longpoll
from chat.transports.irc import client as irc_client
from chat.transports.irc import connection as irc_connection
from chat.transports.sockjs import requests as sockjs_requests
from chat.transports.websocket import frames
from chat.web import api, hooks, pages, push
from tests.unit.test_docs import rows

ROOT = Path(__file__).parents[2]
TABLE = {row[0]: row[1:] for row in rows("security.md", "Limits")}
SET = Settings()
PER_S = SET.requests_per_second


def size(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{count >> 10} KiB"


def at_once(burst: float, rate: float, span: str = "a second") -> str:
    return f"{burst:,.0f} at once, {rate:g} {span}"


# What each row says, from left to right.
SAID: dict[str, list[str]] = {
    "a request's head": [size(head.MAX_HEAD_BYTES), f"{fields.MAX_HEADERS} headers"],
    "a request's body": [
        size(SET.max_body_bytes),
        f"JSON {size(handler.MAX_JSON_BYTES)}",
        f"forms {size(handler.MAX_FORM_BYTES)}",
    ],
    "requests that are not complete": [
        size(memory_budget.FREE_BYTES),
        size(memory_budget.HOST_BYTES),
        size(memory_budget.BUDGET_BYTES),
    ],
    "the time for a request": [
        f"{Timeouts().head_s:g} s",
        f"{Timeouts().body_s:g} s",
        f"{Timeouts().idle_s:g} s",
    ],
    "connections, whatever for": [
        f"{per_address.most_at_address(SET.max_connections_per_address, 10**9):,}"
    ],
    "transports at a time: sockets, streams, polls, SockJS sessions, IRC": [
        f"{SET.max_connections_per_user} (",
        f"{SET.max_connections_per_address}",
        f"{sockjs_requests.MAX_SESSIONS:,}",
    ],
    "requests": [
        size(request_costs.BYTES_A_TOKEN),
        at_once(rate_limits.REQUESTS_BURST_S * PER_S, PER_S),
        f"counts {request_costs.FILE}",
    ],
    "polls": [size(given.MAX_FREE_BYTES), f"{longpoll.RESUMED}"],
    "health checks": [at_once(rate_limits.CHECKS_BURST, rate_limits.CHECKS_RATE)],
    "new guests": [
        at_once(
            rate_limits.NEWCOMERS_BURST_MIN * SET.newcomers_per_minute,
            SET.newcomers_per_minute,
            "a minute",
        )
    ],
    "sign-outs": [
        at_once(
            rate_limits.NEWCOMERS_BURST_MIN * SET.newcomers_per_minute,
            SET.newcomers_per_minute / rate_limits.NEWCOMERS_A_SIGN_OUT,
            "a minute",
        ),
        f"{access.MAX_BLOCKS:,}",
    ],
    "wrong passwords": [
        at_once(rate_limits.SIGN_INS_BURST, 60 * rate_limits.SIGN_INS_RATE, "a minute"),
        at_once(rate_limits.ADDRESS_SIGN_INS_BURST, rate_limits.ADDRESS_SIGN_INS_RATE),
        f"{passwords.MAX_WAITING} wait",
    ],
    "a password": [f"{passwords.MIN_CHARACTERS} characters to {passwords.MAX_BYTES:,} bytes"],
    "devices that are notified": [
        f"{subscriptions.MAX_SUBSCRIPTIONS}, of {push.MAX_ENDPOINT_CHARACTERS:,} characters",
        f"{push_client.AT_ONCE + push_client.UNPROVEN_AT_ONCE} requests",
        f"{push_outbox.MAX_FAILURES} failures",
    ],
    "accounts": [
        f"{rate_limits.ACCOUNT_CHANGES_BURST} changes at once, "
        f"{60 * rate_limits.ACCOUNT_CHANGES_RATE:g} a minute",
        f"{decisions.MAX_DEVICES} devices",
        f"{rate_limits.SIGN_UPS_BURST} sign-ups at once, "
        f"{60 * rate_limits.SIGN_UPS_RATE:g} a minute",
        f"{decisions.MAX_INVITES:,} invitations",
    ],
    "commands, and what should be some": [
        at_once(rate_limits.BURST, rate_limits.RATE),
        f"{rate_limits.CHARACTERS_A_TOKEN} characters",
        at_once(
            rate_limits.COMMANDS_BURST_S * rate_limits.COMMANDS_A_REQUEST * PER_S,
            rate_limits.COMMANDS_A_REQUEST * PER_S,
        ),
    ],
    "commands of a bot": [
        at_once(program_limits.BOT_BURST, program_limits.BOT_RATE),
        f"{MAX_BOTS} bots",
        f"{MAX_ROOMS} rooms",
    ],
    f"messages of a guest who has come less than {SET.new_guest_minutes} minutes ago "
    "(`NEW_GUEST_MINUTES`)": [at_once(rate_limits.NEW_GUEST_BURST, rate_limits.NEW_GUEST_RATE)],
    "commands in one request": [f"{commands.MAX_BATCH}", f"SockJS {sockjs.MAX_MESSAGES}"],
    "commands of a WebSocket that wait": [
        f"{command_sink.MAX_WAITING}",
        f"{command_sink.COMMANDS_A_TURN} that are being",
        f"{pipeline.TOGETHER_CHARACTERS:,} characters",
    ],
    "refusals": [f"{command_sink.FREE_REFUSALS}", f"{command_sink.REFUSED_S} s"],
    "a WebSocket message": [
        size(SET.max_frame_bytes),
        f"{SET.max_frame_bytes // frames.FRAGMENT_BYTES:,}",
    ],
    "WebSocket frames that are no commands": [
        at_once(rate_limits.FRAMES_BURST, rate_limits.FRAMES_RATE)
    ],
    "a line of IRC": [
        f"{irc_messages.MAX_LINE_BYTES} bytes",
        f"{irc_messages.MAX_CLIENT_TAG_BYTES:,} of tags",
        size(irc_lines.MAX_SKIPPED_BYTES),
        f"{irc_connection.MAX_WAITING} lines wait",
        f"{capabilities.MAX_MULTILINE_BYTES:,} bytes",
        f"{capabilities.MAX_MULTILINE_LINES} lines",
    ],
    "the time for IRC": [
        f"{irc_connection.REGISTRATION_S:.0f} s to come in",
        f"{irc_connection.PING_S:.0f} s it is pinged",
        f"{2 * irc_connection.PING_S:.0f} s closed",
        f"{irc_client.MAX_WAIT_S:.0f} s",
    ],
    "what one turn of the loop does for a connection": [
        f"{frames.FRAMES_A_TURN} frames",
        size(frames.PIECE_BYTES),
        f"{command_sink.COMMANDS_A_TURN} commands",
    ],
    "a text": [
        f"{texts.MAX_TEXT_CHARACTERS:,} characters",
        f"{2 * texts.MAX_TEXT_CHARACTERS:,}",
        f"{links.MAX_LINKS} links",
        f"{mentions.MAX_MENTIONS} mentions",
    ],
    "a name": [f"{names.MAX_NAME_CHARACTERS} characters", f"{names.MAX_RAW_CHARACTERS}"],
    "a cursor, rooms that are asked for": [
        f"{cursor.MAX_CURSOR_CHARACTERS:,}",
        f"{MAX_ROOMS_ASKED} rooms",
    ],
    "rooms made": [
        f"{SET.new_rooms_per_hour} an hour",
        f"{rate_limits.ROOM_MAKERS * SET.new_rooms_per_hour} an hour",
    ],
    "memberships": [
        f"{SET.max_rooms_per_user} (",
        f"{rate_limits.JOINS_BURST:,} joins at once, {rate_limits.JOINS_RATE:g} a second",
    ],
    "reports of messages": [
        f"{rate_limits.REPORTS_BURST} at once, {60 * rate_limits.REPORTS_RATE:g} a minute"
    ],
    "people in a direct room": [f"{commands.MAX_DIRECT_OTHERS + 1}"],
    "a title, a topic, a reason": [
        f"{titles.MAX_TITLE_CHARACTERS}",
        f"{titles.MAX_TOPIC_CHARACTERS}",
        f"{titles.MAX_REASON_CHARACTERS}",
    ],
    "messages in slow mode": [],  # its number is set by people
    "incoming webhooks": [
        f"{MAX_HOOKS} of a room",
        size(hooks.MAX_HOOK_BYTES),
        f"{slack.MAX_PARTS} attachments",
        at_once(program_limits.HOOK_BURST, program_limits.HOOK_RATE),
    ],
    "webhooks": [
        f"{webhooks.MAX_IN_ROOM} of a room",
        f"{webhook_urls.MAX_URL_CHARACTERS:,} characters",
        at_once(rate_limits.WEBHOOKS_BURST, rate_limits.WEBHOOKS_RATE),
        at_once(
            rate_limits.WEBHOOK_KEEPERS * rate_limits.WEBHOOKS_BURST,
            rate_limits.WEBHOOK_KEEPERS * rate_limits.WEBHOOKS_RATE,
        ),
        f"{webhooks.MAX_IN_ALL:,}",
    ],
    "requests to webhooks": [
        f"{webhook_schedule.MAX_WAITING} failed ones wait",
        f"{webhook_deliveries.MAX_DELIVERIES} are shown",
        at_once(webhook_sender.HOST_BURST, webhook_sender.HOST_RATE),
        f"{webhook_sender.AT_ONCE} at a time, and {webhook_sender.FAILING_AT_ONCE}",
        f"{outbound.TIMEOUT_S:g} s",
        size(outbound.MAX_HEAD_BYTES),
    ],
    "reactions to a message": [
        f"{amendments.MAX_EMOJI_OF_A_USER}",
        f"{amendments.MAX_EMOJI} emoji",
        f"{amendments.MAX_REACTIONS:,}",
    ],
    "entries kept in a room": [f"{backplane.MAX_OTHERS_KEPT:,}"],
    "a page: of history, of the log, the first screen": [
        f"{api.MAX_LIMIT} messages",
        size(backplane.HISTORY_BYTES),
        size(backplane.PAGE_BYTES),
        size(pages.FIRST_SCREEN_BYTES),
    ],
    "unread: a stream": [size(SET.unsent_limit_bytes), f"{socket_options.PATIENCE_S} s"],
    "unread: answers": [
        size(catch_up.MAX_ANSWER_BYTES),
        f"{socket_options.ANSWER_PATIENCE_S} s",
        f"{unread.MOST_AT_ADDRESS}",
        f"{unread.MOST:,}",
    ],
    "who is present, told": [
        f"{backplane.MAX_PRESENT_LISTED}",
        f"{backplane.MAX_PRESENCE_INTERVAL_S:g} s",
    ],
    "lines of the log": [
        f"{logs.MAX_LINE:,} characters",
        f"{MAX_PATH}",
        f"{logs.FIRST_ANSWERS}",
        f"{repeats.BURST} at once and {60 * repeats.RATE:g} a minute",
    ],
    "wrong tokens for `/admin`": [
        f"{rate_limits.WRONG_TOKENS_BURST} at once",
        f"{1 / rate_limits.WRONG_TOKENS_RATE:g} s",
        f"{rate_limits.MOST_NETWORKS:,}",
    ],
    "a file": [
        f"{SET.file_mb} MB",
        f"{MAX_NAME_CHARACTERS} characters",
        f"{commands.MAX_FILES} in",
    ],
    "files uploaded": [
        f"{SET.files_mb_per_day:,} MB a day",
        f"{rate_limits.USER_UPLOADS} at once",
        f"{Timeouts().progress_s:g} s",
        size(PROGRESS_BYTES),
        f"{rate_limits.ADDRESS_UPLOADS} at once",
        f"{SET.files_gb} GB",
        f"{MAX_AT_ONCE} at once",
        f"{pace.BYTES_PER_S // 1_000_000} MB a second",
        f"{SET.unsent_file_h} hours",
    ],
    "a picture": [
        f"{picture_process.MAX_PIXELS['image/png'] // 1_000_000} million pixels",
        f"{picture_process.MAX_PIXELS['image/webp'] // 1_000_000} million in WebP",
        f"{picture_process.MAX_FRAMES} frames",
        f"{picture_process.MAX_PIXELS_OF_ALL_FRAMES // 1_000_000} million pixels",
        f"{picture_process.MEMORY_BYTES >> 30} GiB",
        f"{picture_process.CPU_S} s",
        f"{AT_ONCE} at once",
    ],
    "the newest entries in memory, with SQLite": [
        f"{recent.ENTRIES}",
        f"{recent.BURST:,}",
        f"{recent.ROOMS:,}",
        size(recent.ALL_BYTES),
    ],
    "what is remembered of these limits": [f"{MOST:,}", f"{given.MOST:,}"],
}


@pytest.mark.parametrize("what", SAID)
def test_the_numbers_of_a_row_are_those_of_the_code_in_their_order(what: str) -> None:
    text, at = " | ".join(TABLE[what]), 0
    for said in SAID[what]:
        found = re.search(rf"(?<![\d,.]){re.escape(said)}(?![\d.])", text[at:])
        assert found is not None, f"{said!r} is not in {text[at:]!r}"
        at += found.end()


def test_every_row_with_numbers_is_compared() -> None:
    assert set(TABLE) - set(SAID) == {"processor time in one piece"}


@pytest.mark.parametrize("what", TABLE)
def test_every_limit_has_a_test_that_is_there(what: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TABLE[what][-1])
    assert named
    for path, name in named:
        assert re.search(rf"^\s*(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE), (
            f"{path}::{name}"
        )

"""Commands for access: ban users and addresses, sign users out.

Blocks go into the store, where the running servers find them within a second.
"""

import ipaddress
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

import click

from chat.accounts import identity, records
from chat.accounts.access import AccessControl
from chat.accounts.blocklist import MAX_REASON_CHARACTERS, Block, Why, device_id
from chat.accounts.decisions import MAX_DEVICES
from chat.accounts.records import Device
from chat.accounts.secret import load_secret
from chat.admin.command import Result, command
from chat.admin.listing import moment
from chat.admin.site import open_site
from chat.backplane.base import BlocklistAdmin
from chat.backplane.open import open_blocklist_admin
from chat.clock import SystemClock
from chat.errors import SettingsError
from chat.net.addresses import is_address_id
from chat.rooms.roles import ServerRole
from chat.service.bot_records import put_no_token
from chat.service.operator import OPERATOR
from chat.settings.settings import Settings

_CLOCK: Final = SystemClock()
_UNITS_S: Final = {"m": 60, "h": 3600, "d": 86400}
# Longer than any cookie is valid: as good as for ever, and the list does not grow without end.
MAX_SPAN_S: Final = 3650 * 86400.0
SOON: Final = "The servers know of it within a second."


def span_s(text: str) -> float:
    """Return the seconds in ``30m``, ``2h`` or ``7d``; raise BadParameter if invalid."""
    found = re.fullmatch(r"([1-9][0-9]{0,5})([mhd])", text)
    length_s = int(found[1]) * _UNITS_S[found[2]] if found else 0
    if not 0 < length_s <= MAX_SPAN_S:
        raise click.BadParameter(f"give a time like 30m, 2h or 7d, at most 3650d, not {text!r}")
    return float(length_s)


def user_id(text: str) -> str:
    """Return ``text`` if it can be a user's id; otherwise raise BadParameter."""
    if not identity.is_user_id(text):
        raise click.BadParameter(
            f"{text!r} is no user's id: those look like guest-0123456789abcdef. Names are not "
            "unique; GET /api/rooms/<room>/messages has the id as user, beside each name"
        )
    return text


def user_or_address(text: str) -> str:
    """Return ``text`` if it can be a user's id, an IP address, or an address's id from the list."""
    if is_address_id(text):
        return text
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return user_id(text)


def short_text(text: str) -> str:
    if not text.isprintable() or len(text) > MAX_REASON_CHARACTERS:
        raise click.BadParameter(f"give one line of at most {MAX_REASON_CHARACTERS} characters")
    return text


_WHO: Final = click.argument("who", type=user_or_address, metavar="USER|ADDRESS")
_FOR: Final = click.option(
    "--for",
    "span",
    type=span_s,
    default="1d",
    metavar="TIME",
    help="30m, 2h, 7d; a day if it is not said.",
)
_WITH_ADDRESSES: Final = click.option(
    "--with-addresses",
    "addresses",
    type=span_s,
    default=None,
    metavar="TIME",
    help="For so long also whoever comes from the addresses where this user is connected now: a "
    "guest has a new identity at once, and an address may be shared by an office.",
)


@command(
    "ban",
    "Keep a user or an address out for a while: a user's id, as messages have it, or an IP "
    "address.",
    "ban guest-0123456789abcdef --for 2h --reason spam",
    "ban 192.0.2.7",
)
@_WHO
@_FOR
@_WITH_ADDRESSES
@click.option("--reason", type=short_text, default="", metavar="TEXT", help="Told to them.")
async def ban(
    settings: Settings, *, who: str, span: float, addresses: float | None, reason: str
) -> Result:
    block = Block(
        who=_who(settings, who),
        why=Why.BANNED,
        until_s=_CLOCK.time() + span,
        reason=reason,
        addresses_s=addresses or 0.0,
    )
    if is_address_id(block.who) and block.addresses_s:
        raise SettingsError("--with-addresses is for a user; this is an address.")
    async with _blocklist(settings) as blocklist:
        await blocklist.put(block)
    return Result(f"{who} is banned until {block.until}. {SOON}", _fields(block))


@command("unban", "Let a user, with the addresses banned with them, or an address in again.")
@_WHO
async def unban(settings: Settings, *, who: str) -> Result:
    given, now = who, _CLOCK.time()
    who = _who(settings, given)
    async with _blocklist(settings) as blocklist:
        lifted = [
            block
            for block in await blocklist.all()
            if who in (block.who, block.user)
            and block.why is Why.BANNED
            and not block.is_over(now=now)
        ]
        for block in lifted:
            await blocklist.put(Block(who=block.who, why=block.why, until_s=now))
    if not lifted:
        raise SettingsError(f"{given} is not banned; `admin bans` lists who is.")
    let_in = [block.who for block in lifted]
    return Result(f"{' and '.join(let_in)}: let in again. {SOON}", {"unbanned": let_in})


@command("bans", "List who is banned.")
async def bans(settings: Settings) -> Result:
    now = _CLOCK.time()
    async with _blocklist(settings) as blocklist:
        banned = [
            b for b in await blocklist.all() if b.why is Why.BANNED and not b.is_over(now=now)
        ]
    banned.sort(key=lambda block: block.until_s)
    lines = [
        f"{block.who} until {block.until}"
        + (f", with {block.user}" if block.user else "")
        + (f": {block.reason}" if block.reason else "")
        for block in banned
    ]
    return Result(
        "\n".join(lines) or "Nobody is banned.", {"bans": [_fields(block) for block in banned]}
    )


@command(
    "sign-out",
    "End an identity or the token of a bot for good, or all devices of a member, who can sign in "
    "again: a stolen cookie, a leaked token.",
    "people sign-out guest-0123456789abcdef",
)
@click.argument("user", type=user_id)
async def sign_out(settings: Settings, *, user: str) -> Result:
    async with open_site(settings) as site:
        account = await site.account(user)
        devices = await site.scan(records.devices(user), Device, limit=2 * MAX_DEVICES)
        if account is not None and account.role is ServerRole.BOT:
            await site.run(OPERATOR, partial(put_no_token, user=user))
    is_member = account is not None and account.role is not ServerRole.GUEST
    ended = [device_id(user, id) for id in ("", *(id for id, _ in devices))]
    access = AccessControl(_CLOCK, b"")
    async with _blocklist(settings) as blocklist:
        for who in ended if is_member else [user]:
            await blocklist.put(access.sign_out_block(who))
    how = "everywhere" if is_member else "for good"
    return Result(f"{user} is signed out {how}. {SOON}", {"signed_out": user})


def _who(settings: Settings, given: str) -> str:
    """Return ``given``, a user or an address, as blocks name it."""
    if is_address_id(given) or identity.is_user_id(given):
        return given
    return AccessControl(_CLOCK, _secret(settings)).id_of(given)


def _secret(settings: Settings) -> bytes:
    if settings.secret is None and not (settings.data_dir / "secret").exists():
        raise SettingsError(  # a new secret would differ from the one of the servers
            "SECRET: set the one that the servers have, or name their DATA_DIR, where it is kept."
        )
    return load_secret(settings.secret, settings.data_dir)


@asynccontextmanager
async def _blocklist(settings: Settings) -> AsyncIterator[BlocklistAdmin]:
    blocklist = await open_blocklist_admin(settings, _CLOCK)
    try:
        yield blocklist
    finally:
        await blocklist.close()


def _fields(block: Block) -> Mapping[str, Any]:
    """Return a ban as programs read it; ``with`` is the user for whom an address is banned."""
    until = moment(block.until_s)
    return {"who": block.who, "until": until, "reason": block.reason, "with": block.user or None}

"""The HTTP API for owners: people, invitations, the site; and the list of people for members."""

import re
from collections.abc import Sequence
from typing import Annotated, Final, Literal

import msgspec

from chat.accounts.decisions import (
    INVITE_DAYS,
    MAX_INVITE_DAYS,
    MAX_INVITE_USES,
    RESET_S,
)
from chat.accounts.identity import is_user_id
from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.requests.handler import Handler
from chat.rooms.roles import ServerRole
from chat.service.invites import InviteInfo
from chat.service.owners import MAX_PEOPLE, PersonInfo
from chat.web.account_handler import AccountHandler
from chat.web.accounts import EXPORT_COST, send_lines
from chat.web.signing_in import SigningIn

MAX_REASON_CHARACTERS: Final = 200
MAX_SITE_NAME_CHARACTERS: Final = 80
MAX_ABOUT_CHARACTERS: Final = 400
# Controls, ends of lines, and what changes the direction of the text around (UAX 9).
NOT_IN_LINES: Final = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
_NOT_IN_LINES: Final = re.compile(f"[{NOT_IN_LINES}]")
_DEFAULT_PAGE: Final = 50


# In JSON 1 and 1.0 are the same number.
Uses = Annotated[float, msgspec.Meta(ge=1, le=MAX_INVITE_USES, multiple_of=1)]
Days = Annotated[float, msgspec.Meta(ge=1, le=MAX_INVITE_DAYS, multiple_of=1)]


class PeoplePage(msgspec.Struct):
    """Members, by their ids; ``after`` is what to ask the next page for, if there is ``more``."""

    people: Sequence[PersonInfo]
    more: bool
    after: str | None


class NewRole(msgspec.Struct):
    role: Literal["owner", "member"]


class Disabled(msgspec.Struct):
    """``disabled`` false lets the person in again."""

    disabled: bool = True
    reason: str = ""


class Removed(msgspec.Struct):
    """``messages``: delete them, too."""

    messages: bool = False


class NewInvite(msgspec.Struct):
    """How many people may sign up by it, and for how many days."""

    uses: Uses = 1
    days: Days = INVITE_DAYS


class Made(msgspec.Struct):
    """A link to send to somebody."""

    url: str
    valid_s: int


class InviteList(msgspec.Struct):
    invites: Sequence[InviteInfo]


class SiteChange(msgspec.Struct, omit_defaults=True):
    name: str | None = None
    about: str | None = None
    guests: Literal["on", "read", "off"] | None = None
    sign_up: Literal["open", "invite", "closed"] | None = None


class SiteInfo(msgspec.Struct, kw_only=True):
    name: str
    about: str
    guests: str
    sign_up: str


class PeopleHandler(AccountHandler):
    async def get(self) -> None:
        """List members, a page at a time."""
        limit = self.whole_number("limit")
        after = self.argument("after")
        if after and not is_user_id(after):
            raise InvalidInput(Code.BAD_COMMAND, "after is the id of a user.")
        shown, after_last = await self.dependencies.accounts.owners.page_of_people(
            self.person,
            after=after,
            limit=max(1, min(_DEFAULT_PAGE if limit is None else limit, MAX_PEOPLE)),
        )
        self.send_json(PeoplePage(shown, after_last is not None, after_last))


class PersonHandler(AccountHandler):
    async def delete(self, user: str) -> None:
        """Delete somebody's account."""
        messages = self.json_as(Removed).messages
        await self.dependencies.accounts.leaving.delete_by_owner(
            self.person, user, with_messages=messages, address=self.address
        )
        self.send_json({})


class PersonExportHandler(AccountHandler):
    async def get(self, user: str) -> None:
        """Answer with what somebody wrote where the owner may read it, as lines of JSON."""
        self.dependencies.limits.request(self.address, EXPORT_COST)
        leaving = self.dependencies.accounts.leaving
        await send_lines(self, await leaving.written_for_owner(self.person, user))


class RoleHandler(AccountHandler):
    async def post(self, user: str) -> None:
        """Make somebody an owner or a member."""
        role = ServerRole(self.json_as(NewRole).role)
        await self.dependencies.accounts.owners.set_role(self.person, user, role)
        self.send_json({})


class ResetHandler(SigningIn):
    is_for_everybody = False

    async def post(self, user: str) -> None:
        """Make a link by which somebody who forgot their password sets another."""
        code = await self.dependencies.accounts.owners.make_reset(self.person, user)
        self.send_json(Made(self.link("reset", code), RESET_S))


class DisableHandler(AccountHandler):
    async def post(self, user: str) -> None:
        """Keep somebody out, or let them in again."""
        asked = self.json_as(Disabled)
        check_line(asked.reason, MAX_REASON_CHARACTERS, "reason")
        await self.dependencies.accounts.owners.disable(
            self.person, user, asked.reason if asked.disabled else None, address=self.address
        )
        self.send_json({})


class SiteInvitesHandler(SigningIn):
    is_for_everybody = False

    async def get(self) -> None:
        """List the invitations that can be used."""
        self.send_json(InviteList(await self.dependencies.accounts.invites.all(self.person)))

    async def post(self) -> None:
        """Make a link by which people sign up."""
        asked = self.json_as(NewInvite)
        code = await self.dependencies.accounts.invites.make(
            self.person, uses=int(asked.uses), days=int(asked.days)
        )
        self.set_status(201)
        self.send_json(Made(self.link("invite", code), int(asked.days) * 86400))


class InviteHandler(AccountHandler):
    async def delete(self, id: str) -> None:
        """End an invitation."""
        await self.dependencies.accounts.invites.end(self.person, id)
        self.send_json({})


class SiteHandler(Handler):
    def get(self) -> None:
        """Show the name of the site and who may come in."""
        self._show()

    async def patch(self) -> None:
        """Change them."""
        asked = self.json_as(SiteChange)
        await self.dependencies.accounts.setting_up.change_site(self.person, **checked_site(asked))
        self._show()

    def _show(self) -> None:
        site = self.dependencies.accounts.site
        info = SiteInfo(name=site.name, about=site.about, guests=site.guests, sign_up=site.sign_up)
        self.send_json(info)


def checked_site(asked: SiteChange) -> dict[str, str]:
    """Return the fields to change. Raises InvalidInput."""
    if asked.name is not None:
        check_line(asked.name, MAX_SITE_NAME_CHARACTERS, "name")
        if not asked.name.strip():
            raise InvalidInput(Code.EMPTY, "Give the site a name.")
    if asked.about is not None:
        check_line(asked.about, MAX_ABOUT_CHARACTERS, "about")
    fields: dict[str, str | None] = msgspec.structs.asdict(asked)
    return {name: value for name, value in fields.items() if value is not None}


def check_line(text: str, most: int, what: str) -> None:
    if len(text) > most:
        raise InvalidInput(Code.TOO_LONG, f"{what} has at most {most} characters.")
    if _NOT_IN_LINES.search(text):
        raise InvalidInput(Code.BAD_COMMAND, f"{what} is one line of text.")

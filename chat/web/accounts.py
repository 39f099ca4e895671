"""The HTTP API of one's own account: signing up and in, name, password, leaving."""

from collections.abc import AsyncIterator
from typing import Final

import msgspec

from chat.accounts.identity import is_bot, is_guest
from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.protocol.pushes import Person
from chat.requests.handler import Handler
from chat.rooms.names import check_name
from chat.rooms.roles import ServerRole
from chat.service.leaving import Written
from chat.web.account_handler import AccountHandler
from chat.web.signing_in import SigningIn

# Lines of an export that are written together.
_LINES: Final = 500
# Reading all rooms takes as long as answering this many other requests.
EXPORT_COST: Final = 50.0


class SignUp(msgspec.Struct):
    name: str
    password: str
    invite: str = ""


class LogIn(msgspec.Struct):
    name: str
    password: str


class NewName(msgspec.Struct):
    name: str


class NewPassword(msgspec.Struct):
    old: str
    new: str


class DeleteAccount(msgspec.Struct):
    """``messages``: delete them, too. Who has a password gives it."""

    password: str = ""
    messages: bool = False


class Me(msgspec.Struct, kw_only=True):
    """Who asks; ``device`` is empty for a guest with one browser only."""

    user: str
    name: str
    role: ServerRole
    device: str


class SignUpHandler(SigningIn):
    async def post(self) -> None:
        """Make an account; a guest keeps id, messages and memberships. Answers 201."""
        asked = self.json_as(SignUp)
        signed_in = await self.dependencies.accounts.people.sign_up(
            self.person,
            name=asked.name,
            password=asked.password,
            invite=asked.invite,
            browser=self.browser,
            address=self.address,
            is_newcomer=self.is_newcomer,
        )
        self.set_status(201)
        self.send_json(self.sign_in(signed_in))


class LogInHandler(SigningIn):
    async def post(self) -> None:
        """Sign in with a password."""
        asked = self.json_as(LogIn)
        signed_in = await self.dependencies.accounts.people.log_in(
            name=asked.name,
            password=asked.password,
            browser=self.browser,
            address=self.address,
            known=self.known,
        )
        self.send_json(self.sign_in(signed_in))


class MeHandler(AccountHandler):
    """Who asks: shows, renames, deletes."""

    @property
    def is_for_bots(self) -> bool:  # type: ignore[override]
        return self.request.method in ("GET", "HEAD")

    async def get(self) -> None:
        people = self.dependencies.accounts.people
        person = await people.current(self.person)
        if person is not self.person:
            self.set_identity(person)
        self._show(person, await people.role_of(person.user))

    async def patch(self) -> None:
        """Take another name."""
        name = self.json_as(NewName).name
        await rename(self, name)
        self._show(self.person, await self.dependencies.accounts.people.role_of(self.person.user))

    async def delete(self) -> None:
        """Delete the account or the guest's identity, with or without what they wrote."""
        asked = self.json_as(DeleteAccount)
        accounts = self.dependencies.accounts
        self.dependencies.limits.account_change(self.person.user)
        account = await accounts.people.account(self.person.user)
        if account is not None and account.password:
            await accounts.profile.check_password(self.person, asked.password, self.address)
        await accounts.leaving.delete(
            self.person, self.person.user, with_messages=asked.messages, address=self.address
        )
        self.forget()
        self.send_json({})

    def _show(self, person: Person, role: ServerRole) -> None:
        self.send_json(Me(user=person.user, name=person.name, role=role, device=person.device))


class PasswordHandler(AccountHandler):
    async def post(self) -> None:
        """Set another password; all other devices are signed out."""
        asked = self.json_as(NewPassword)
        await self.dependencies.accounts.profile.change_password(
            self.person, old=asked.old, new=asked.new, address=self.address
        )
        self.send_json({})


class ExportHandler(AccountHandler):
    async def get(self) -> None:
        """Answer with what the user wrote, as lines of JSON."""
        self.dependencies.limits.request(self.address, EXPORT_COST)
        await send_lines(self, self.dependencies.accounts.leaving.written(self.person.user))


async def send_lines(handler: Handler, messages: AsyncIterator[Written]) -> None:
    """Answer with a file of ``messages``."""
    handler.set_header("Content-Type", "application/jsonl; charset=utf-8")
    handler.set_header("Content-Disposition", 'attachment; filename="messages.jsonl"')
    lines: list[bytes] = []
    async for message in messages:
        lines.append(msgspec.json.encode(message) + b"\n")
        if len(lines) >= _LINES:
            handler.write(b"".join(lines))
            lines.clear()
            await handler.flush()
    handler.finish(b"".join(lines))


async def rename(handler: Handler, name: str) -> None:
    """Give the caller another name: a member as their account has it, a guest by their cookie."""
    accounts = handler.dependencies.accounts
    if not is_guest(handler.person) or await accounts.people.name_of(handler.person.user):
        if is_bot(handler.person.user):
            raise InvalidInput(Code.BAD_COMMAND, "The name of a program is in its token.")
        handler.set_identity(await accounts.profile.rename(handler.person, name))
        return
    name = check_name(name)
    await accounts.people.check_free(name)
    person = handler.person
    handler.set_identity(msgspec.structs.replace(person, name=name))

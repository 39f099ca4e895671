"""The pages by which people sign in and up, without a script: plain forms."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Final

from chat.accounts.identity import is_guest
from chat.accounts.records import Site
from chat.errors import ChatError, InvalidInput
from chat.protocol.codes import HTTP_STATUS, Code
from chat.service.devices import SignedIn
from chat.service.room_links import ShownLink
from chat.web.page import Page
from chat.web.people import SiteChange, checked_site
from chat.web.signing_in import SigningIn

_GUESTS: Final = ("on", "read", "off")
_SIGN_UP: Final = ("open", "invite", "closed")
# Of the invitation that the first owner gets: for a team; they can make others.
_FIRST_USES: Final = 50
_FIRST_DAYS: Final = 30


class AccountPage(SigningIn, Page):
    """A page with one form. What is refused is said above the form, which keeps the name."""

    template: str

    async def get(self) -> None:
        await self._answer(self.check)

    async def post(self) -> None:
        await self._answer(self.submit)

    @property
    def code(self) -> str:
        """The code in the link, which the form repeats."""
        return self.form_fields.get("code", "") or self.argument("code")

    async def check(self) -> None:
        """Show the page. Raises ChatError where its link is not valid."""
        await self.show_form()

    @abstractmethod
    async def submit(self) -> None:
        """Do what the form asks for. Raises ChatError."""

    async def names(self) -> Mapping[str, Any]:
        """Return what the template needs besides the site, the code and the error."""
        return {}

    async def show_form(self, error: str = "") -> None:
        accounts = self.dependencies.accounts
        self.show(
            self.template,
            site=accounts.site,
            code=self.code,
            error=error,
            name=self.form_fields.get("name", ""),
            is_member=not is_guest(self.person),
            own_name=self.person.name,
            **await self.names(),
        )

    def go_to_chat(self, signed_in: SignedIn) -> None:
        self.sign_in(signed_in)
        self.redirect(f"{self.dependencies.settings.base_path}/", status=303)

    async def _answer(self, act: Any) -> None:
        try:
            await act()
        except ChatError as error:
            if "text/html" not in self.headers.get("Accept", ""):
                raise
            self.set_status(HTTP_STATUS[error.code])
            self.set_retry_after(error.retry_ms)
            await self.show_form(error.message)


class SignInPage(AccountPage):
    """Signs in or, by the second form, up."""

    template = "signin.html"

    async def submit(self) -> None:
        if self.form_fields.get("action") == "sign_up":
            await self.sign_up()
            return
        signed_in = await self.dependencies.accounts.people.log_in(
            name=self.form_fields.get("name", ""),
            password=self.form_fields.get("password", ""),
            browser=self.browser,
            address=self.address,
            known=self.known,
        )
        self.go_to_chat(signed_in)

    async def sign_up(self) -> None:
        signed_in = await self.dependencies.accounts.people.sign_up(
            self.person,
            name=self.form_fields.get("name", ""),
            password=self.form_fields.get("password", ""),
            invite=self.code,
            browser=self.browser,
            address=self.address,
            is_newcomer=self.is_newcomer,
        )
        self.go_to_chat(signed_in)


class InvitePage(SignInPage):
    """Signs up by an invitation."""

    template = "invite.html"

    async def check(self) -> None:
        await self.dependencies.accounts.invites.check(self.code)
        await self.show_form()

    async def submit(self) -> None:
        await self.dependencies.accounts.invites.check(self.code)
        await self.sign_up()


class LinkPage(AccountPage):
    """Signs in one more device; only when asked to, for programs open links in advance."""

    template = "link.html"
    _name = ""

    async def check(self) -> None:
        self._name = await self.dependencies.accounts.devices.name_in_link(self.code)
        await self.show_form()

    async def submit(self) -> None:
        signed_in = await self.dependencies.accounts.devices.use_link(
            self.code, browser=self.browser
        )
        self.go_to_chat(signed_in)

    async def names(self) -> Mapping[str, Any]:
        return {"whom": self._name}


class JoinPage(AccountPage):
    """Joins a room by a link, when asked to."""

    template = "join.html"
    is_for_everybody = False
    _shown: ShownLink | None = None

    async def check(self) -> None:
        self._shown = await self.dependencies.room_links.look(self.code)
        await self.show_form()

    async def submit(self) -> None:
        self._shown = await self.dependencies.room_links.look(self.code)
        room = await self.dependencies.room_links.use(self.person, self.code, self.address)
        self.redirect(f"{self.dependencies.settings.base_path}/rooms/{room}", status=303)

    async def names(self) -> Mapping[str, Any]:
        return {"shown": self._shown}


class ResetPage(AccountPage):
    """Sets another password in the place of one that was forgotten."""

    template = "reset.html"
    _name = ""

    async def check(self) -> None:
        self._name = await self.dependencies.accounts.owners.name_in_reset(self.code)
        await self.show_form()

    async def submit(self) -> None:
        owners = self.dependencies.accounts.owners
        self._name = await owners.name_in_reset(self.code)
        signed_in = await owners.use_reset(
            self.code,
            self.form_fields.get("password", ""),
            address=self.address,
            browser=self.browser,
        )
        self.go_to_chat(signed_in)

    async def names(self) -> Mapping[str, Any]:
        return {"whom": self._name}


class SetupPage(AccountPage):
    """Makes the first owner, and then shows them an invitation to send to the others."""

    template = "setup.html"
    _invite_url = ""

    async def check(self) -> None:
        await self.dependencies.accounts.setting_up.check(self.code)
        await self.show_form()

    async def submit(self) -> None:
        accounts, form = self.dependencies.accounts, self.form_fields
        asked = SiteChange(
            name=form.get("site_name"),
            about=form.get("site_about"),
            guests=_one_of(form.get("guests"), _GUESTS, "guests"),  # type: ignore[arg-type]
            sign_up=_one_of(form.get("sign_up"), _SIGN_UP, "sign_up"),  # type: ignore[arg-type]
        )
        signed_in = await accounts.setting_up.set_up(
            self.person,
            self.code,
            name=form.get("name", ""),
            password=form.get("password", ""),
            site=Site(**checked_site(asked)),
            browser=self.browser,
        )
        answer = self.sign_in(signed_in)
        code = await accounts.invites.make(signed_in.person, uses=_FIRST_USES, days=_FIRST_DAYS)
        self._invite_url = self.link("invite", code)
        if "text/html" in self.headers.get("Accept", ""):
            await self.show_form()
        else:
            self.set_status(201)
            self.send_json(answer)

    async def names(self) -> Mapping[str, Any]:
        return {"invite_url": self._invite_url, "invite_uses": _FIRST_USES}


def _one_of(value: str | None, words: tuple[str, ...], what: str) -> str | None:
    if value is not None and value not in words:
        raise InvalidInput(Code.BAD_COMMAND, f"{what} is one of {', '.join(words)}.")
    return value

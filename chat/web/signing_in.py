"""What all ways to sign in share: the cookies that they set, and how links are written."""

from typing import Final

import msgspec

from chat.accounts.browsers import browser_name
from chat.accounts.known_browsers import Known
from chat.rooms.roles import ServerRole
from chat.service.devices import SignedIn
from chat.web.account_handler import AccountHandler
from chat.web.links import address_of


class SignedInAnswer(msgspec.Struct, kw_only=True):
    """Who has signed in."""

    user: str
    name: str
    role: ServerRole


_LONGEST_AGENT: Final = 1000


class SigningIn(AccountHandler):
    """A request by which somebody may sign in: also one from a browser that is signed out."""

    is_for_everybody = True

    @property
    def browser(self) -> str:
        """The name of the client, as lists of devices have it."""
        return browser_name(self.headers.get("User-Agent", "")[:_LONGEST_AGENT])

    @property
    def known(self) -> Known | None:
        """Who has signed in before in this browser."""
        return self.dependencies.known_browsers.find(self.sent_cookies, is_secure=self.is_secure)

    def sign_in(self, signed_in: SignedIn) -> SignedInAnswer:
        """Give the client the cookies of a new device; return the answer for programs."""
        person = signed_in.person
        self.set_identity(person)
        known = self.dependencies.known_browsers.issue(person.user, is_secure=self.is_secure)
        self.add_header("Set-Cookie", known)
        return SignedInAnswer(user=person.user, name=person.name, role=signed_in.role)

    def link(self, path: str, code: str) -> str:
        """Return the address of a page of ours, for people to open elsewhere."""
        return f"{address_of(self, path)}?code={code}"

"""The HTTP API of passkeys: the options that a browser is given, and what it answers."""

import secrets
from collections.abc import Sequence
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import msgspec
from tornado.web import create_signed_value, decode_signed_value

from chat.accounts.cookies import name_of
from chat.errors import Refused
from chat.protocol.codes import Code
from chat.service.passkeys import Asking, PasskeyInfo
from chat.web.people import check_line
from chat.web.signing_in import SigningIn

# The challenge is in a signed cookie: it binds the answer to this browser and to these minutes, and
# asking for one stores nothing.
_COOKIE: Final = "parley_challenge"
_VALID_S: Final = 300
_CHALLENGE_BYTES: Final = 32
_MAX_NAME: Final = 80


class Wanted(msgspec.Struct):
    """What the options are for."""

    purpose: Literal["register", "sign_in"]


class Registration(msgspec.Struct):
    """``credential`` is what navigator.credentials.create returned, by its toJSON."""

    credential: dict[str, Any]
    name: str = ""


class Assertion(msgspec.Struct):
    """``credential`` is what navigator.credentials.get returned, by its toJSON."""

    credential: dict[str, Any]


class PasskeyList(msgspec.Struct):
    passkeys: Sequence[PasskeyInfo]


class PasskeyRequest(SigningIn):
    """A request about passkeys; ``asking`` knows the site as the browser does."""

    def asking(self, challenge: bytes) -> Asking:
        origin = f"{self.request.protocol}://{self.request.host}"
        return Asking(origin, urlsplit(origin).hostname or "", challenge)

    def give_challenge(self) -> Asking:
        """Return a new challenge, and remember it in a cookie."""
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
        value = create_signed_value(self.dependencies.secret, _COOKIE, challenge.hex()).decode()
        self._set_challenge(value, _VALID_S)
        return self.asking(challenge)

    def take_challenge(self) -> Asking:
        """Return the challenge that this browser was given. Raises Refused ``forbidden``."""
        cookie = self.sent_cookies.get(self._challenge_name, "")
        value = decode_signed_value(
            self.dependencies.secret,
            _COOKIE,
            cookie,
            max_age_days=_VALID_S / 86400,
            min_version=2,
        )
        if value is None:
            raise Refused(Code.FORBIDDEN, "This took too long; try again.")
        return self.asking(bytes.fromhex(value.decode()))

    def drop_challenge(self) -> None:
        """Have the browser forget the challenge, which was answered."""
        self._set_challenge("", 0)

    @property
    def _challenge_name(self) -> str:
        return name_of(self.dependencies.secret, self.dependencies.settings.base_path, _COOKIE)

    def _set_challenge(self, value: str, max_age_s: int) -> None:
        secure = "; Secure" if self.is_secure else ""
        path = f"{self.dependencies.settings.base_path}/api/passkeys"
        self.add_header(
            "Set-Cookie",
            f"{self._challenge_name}={value}; Path={path}; Max-Age={max_age_s}; HttpOnly; "
            f"SameSite=Strict{secure}",
        )


class PasskeyOptionsHandler(PasskeyRequest):
    async def post(self) -> None:
        """Answer with the options for the browser's part."""
        purpose = self.json_as(Wanted).purpose
        passkeys, asking = self.dependencies.accounts.passkeys, self.give_challenge()
        if purpose == "register":
            options = await passkeys.options_to_register(self.person, asking)
        else:
            options = passkeys.options_to_sign_in(asking)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(options)


class PasskeysHandler(PasskeyRequest):
    is_for_everybody = False

    async def get(self) -> None:
        """List the user's passkeys."""
        self.send_json(PasskeyList(await self.dependencies.accounts.passkeys.of(self.person)))

    async def post(self) -> None:
        """Register a passkey."""
        asked = self.json_as(Registration)
        check_line(asked.name, _MAX_NAME, "name")
        info = await self.dependencies.accounts.passkeys.register(
            self.person, asked.credential, asked.name or self.browser, self.take_challenge()
        )
        self.drop_challenge()
        self.set_status(201)
        self.send_json(info)


class PasskeyHandler(PasskeyRequest):
    is_for_everybody = False

    async def delete(self, id: str) -> None:
        """Forget one of the user's passkeys."""
        await self.dependencies.accounts.passkeys.end(self.person, id)
        self.send_json({})


class PasskeySignInHandler(PasskeyRequest):
    async def post(self) -> None:
        """Sign in with a passkey."""
        asked = self.json_as(Assertion)
        signed_in = await self.dependencies.accounts.passkeys.sign_in(
            asked.credential,
            self.take_challenge(),
            browser=self.browser,
            address=self.address,
        )
        answer = self.sign_in(signed_in)
        self.drop_challenge()
        self.send_json(answer)

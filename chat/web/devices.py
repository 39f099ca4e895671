"""The HTTP API of one's devices: listed, ended, and one more by a link."""

from collections.abc import Sequence
from typing import Final

import msgspec
import segno

from chat.accounts.decisions import LINK_S
from chat.service.devices import DeviceInfo
from chat.web.account_handler import AccountHandler
from chat.web.signing_in import SigningIn

# Readable from a screen an arm's length away; a bigger one gains nothing.
_QR_SCALE: Final = 4


class DeviceList(msgspec.Struct):
    devices: Sequence[DeviceInfo]


class NewLink(msgspec.Struct):
    """A link that signs in one more device, once, for ``valid_s``.

    ``qr`` is the same as a picture: a data URL of an SVG (RFC 2397).
    """

    url: str
    qr: str
    valid_s: int


class DevicesHandler(AccountHandler):
    async def get(self) -> None:
        """List the browsers in which the user is signed in."""
        self.send_json(DeviceList(await self.dependencies.accounts.devices.of(self.person)))

    async def delete(self) -> None:
        """End all of them but this one."""
        self.dependencies.limits.account_change(self.person.user)
        await self.dependencies.accounts.devices.end_others(
            self.person, self.person.user, keep=self.person.device, address=self.address
        )
        self.send_json({})


class DeviceHandler(AccountHandler):
    async def delete(self, device: str) -> None:
        """End one of the user's devices: its transports close on all instances within 1 s."""
        await self.dependencies.accounts.devices.end(self.person, device, self.address)
        if device == self.person.device:
            self.forget()
        self.send_json({})


class LinkHandler(SigningIn):
    is_for_everybody = False

    async def post(self) -> None:
        """Make a link, and a QR code, that signs in one more device as the same user."""
        code, person = await self.dependencies.accounts.devices.make_link(
            self.person, browser=self.browser, address=self.address
        )
        if person != self.person:
            self.set_identity(person)
        url = self.link("link", code)
        # White behind it, for scanners do not read light on dark.
        qr = segno.make(url, error="m", micro=False).svg_data_uri(scale=_QR_SCALE, light="white")
        self.send_json(NewLink(url=url, qr=qr, valid_s=LINK_S))

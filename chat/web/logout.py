"""Signing out: nobody is this person any more, on any device, whoever has the cookie."""

import logging
from typing import Final

from chat.errors import Unavailable
from chat.handler import Handler
from chat.protocol.codes import Code

log: Final = logging.getLogger(__name__)

# All instances hold them in memory, some 220 bytes each, for as long as a cookie would live.
MAX_BARS: Final = 250_000


class LogoutHandler(Handler):
    """Ends the identity of the person who asks."""

    async def post(self) -> None:
        """Answer when it holds: with JSON where that is wanted, else with the page."""
        rights = self.parts.rights
        if not self.is_newcomer:
            if len(rights) >= MAX_BARS:
                log.error("Nobody can sign out: %d are kept out already", len(rights))
                raise Unavailable(
                    Code.UNAVAILABLE, "Too many have signed out; try again later.", retry_ms=60_000
                )
            await self.parts.backplane.bar(rights.signing_out(self.person.user))
        self.forget()
        if "application/json" in self.request.headers.get("Accept", ""):
            self.send_json({})
        else:
            self.redirect(f"{self.parts.settings.base_path}/", status=303)

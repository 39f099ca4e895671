"""Signing out: ends a user's identity on all devices, whoever has the cookie."""

from chat.requests.handler import Handler


class LogoutHandler(Handler):
    """Ends the identity of the user."""

    async def post(self) -> None:
        """Sign out, and answer once that is stored: with JSON on request, else a redirect."""
        access, backplane = self.dependencies.access, self.dependencies.backplane
        if not self.is_newcomer:
            self.dependencies.limits.sign_out(self.address)
            for block in access.blocks_to_lift():
                await backplane.block(block)
            await backplane.block(access.sign_out_block(self.person.user, self.address))
        self.forget()
        if "application/json" in self.request.headers.get("Accept", ""):
            self.send_json({})
        else:
            self.redirect(f"{self.dependencies.settings.base_path}/", status=303)
